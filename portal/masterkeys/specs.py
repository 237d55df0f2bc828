"""How a provider of the master key is written in the settings. Imports no library of one.

local                                           a key in the environment or a file
aws-kms:arn:aws:kms:REGION:ACCOUNT:key/ID       AWS KMS
vault-transit:https://HOST:PORT/MOUNT/NAME      HashiCorp Vault, the engine "transit"
"""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

LOCAL, AWS_KMS, VAULT_TRANSIT = "local", "aws-kms", "vault-transit"
# An alias can be pointed elsewhere, and then nothing that it wrapped opens: keys only.
_ARN = re.compile(r"arn:[a-z-]+:kms:(?P<region>[a-z0-9-]+):[0-9]{12}:key/[A-Za-z0-9-]+")


class SpecProblem(ValueError):
    """What the setting says names no provider."""


@dataclass(frozen=True, slots=True)
class Spec:
    """`label` stands with everything that the provider has wrapped, and never changes.

    `address` is where it is asked: a region of AWS, an address of Vault; "" for a local key.
    """

    kind: str
    label: str
    address: str = ""
    key: str = ""


def parse_spec(text: str) -> Spec:
    """What a setting names. Raises SpecProblem."""
    kind, _, rest = text.partition(":")
    if text == LOCAL:
        return Spec(LOCAL, LOCAL)
    if kind == AWS_KMS:
        found = _ARN.fullmatch(rest)
        if found is None:
            raise SpecProblem("aws-kms: wants the ARN of a key, arn:aws:kms:REGION:ACCOUNT:key/ID")
        return Spec(AWS_KMS, text, found["region"], rest)
    if kind == VAULT_TRANSIT:
        return _vault(rest)
    raise SpecProblem("use local, aws-kms:ARN or vault-transit:https://HOST/MOUNT/NAME")


def _vault(address: str) -> Spec:
    """The label leaves the host out: Vault may move, and what it wrapped is still its own."""
    parts = urlsplit(address)
    mount, _, name = parts.path.strip("/").rpartition("/")
    local = parts.hostname in ("localhost", "127.0.0.1")
    if not mount or not name or not (parts.scheme == "https" or (local and parts.scheme == "http")):
        raise SpecProblem("vault-transit: wants https://HOST:PORT/MOUNT/NAME")
    return Spec(
        VAULT_TRANSIT,
        f"{VAULT_TRANSIT}:{mount}/{name}",
        f"{parts.scheme}://{parts.netloc}",
        f"{mount}/{name}",
    )
