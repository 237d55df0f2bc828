"""A master key in AWS KMS. What it wraps is bound to the identity as KMS's encryption context.

Credentials come as boto3 finds them (a role of the machine, AWS_* variables, a profile). KMS keeps
the old material of a key that it rotates itself: such a rotation needs nothing here.
"""

import logging
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from portal.away import KeyServiceAway
from portal.keys import KeyProblem
from portal.masterkeys.specs import Spec

# At DEBUG botocore logs what is sent and what comes back, and that is keys in clear.
logging.getLogger("botocore").setLevel(logging.INFO)

# Pages wait for it: better a clear error soon than a worker that hangs.
_CONFIG = Config(connect_timeout=3, read_timeout=5, retries={"max_attempts": 2, "mode": "standard"})
# What says that the bytes are wrong. All else (no key, no right, throttled) may be put right.
_NOT_OURS = ("InvalidCiphertextException", "IncorrectKeyException")


class KmsKey:
    def __init__(self, spec: Spec) -> None:
        self.label, self._arn = spec.label, spec.key
        self._client = boto3.session.Session().client(
            "kms", region_name=spec.address, config=_CONFIG
        )

    def wrap(self, key: bytes, identity: str) -> bytes:
        return bytes(self._ask("encrypt", identity, Plaintext=key)["CiphertextBlob"])

    def unwrap(self, wrapped: bytes, identity: str) -> bytes:
        return bytes(self._ask("decrypt", identity, CiphertextBlob=wrapped)["Plaintext"])

    def _ask(self, act: str, identity: str, **values: bytes) -> dict[str, Any]:
        """One call. Its errors name the kind alone: a message could repeat what was sent."""
        context = {"candor": identity}
        try:
            answer: dict[str, Any] = getattr(self._client, act)(
                KeyId=self._arn, EncryptionContext=context, **values
            )
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "")
            if code in _NOT_OURS:
                raise KeyProblem(f"{identity} is not what KMS wrapped ({code})") from None
            raise KeyServiceAway(f"AWS KMS: {code}") from None
        except BotoCoreError as error:
            raise KeyServiceAway(f"AWS KMS: {type(error).__name__}") from None
        return answer
