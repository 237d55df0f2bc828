"""A master key in HashiCorp Vault's engine "transit", of type aes256-gcm96.

What it wraps is bound to the identity as associated data; Vault's own version of the key stands in
its ciphertext ("vault:v3:..."), so a rotation inside Vault needs nothing here.
"""

from base64 import b64decode, b64encode
from hashlib import sha256
from pathlib import Path
from typing import Any

import hvac
import requests
from django.conf import settings

from portal.away import KeyServiceAway
from portal.keys import KeyProblem
from portal.masterkeys.specs import Spec

SECONDS = 5
# Vault answers 400 for all of these; they say nothing about the bytes.
_ABOUT_THE_KEY = ("key not found", "disallowed by policy", "unsupported path")


class TransitKey:
    def __init__(self, spec: Spec) -> None:
        self.label = spec.label
        self._mount, _, self._name = spec.key.rpartition("/")
        self._client = hvac.Client(
            url=spec.address, verify=settings.VAULT_CA_FILE or True, timeout=SECONDS
        )

    def wrap(self, key: bytes, identity: str) -> bytes:
        data = self._ask("encrypt_data", identity, plaintext=_text(_mark(identity) + key))
        return str(data["ciphertext"]).encode()

    def unwrap(self, wrapped: bytes, identity: str) -> bytes:
        data = self._ask("decrypt_data", identity, ciphertext=wrapped.decode("ascii", "replace"))
        plain, mark = b64decode(data["plaintext"]), _mark(identity)
        if not plain.startswith(mark):
            raise KeyProblem(f"{identity} is not what Vault wrapped")
        return plain.removeprefix(mark)

    def _ask(self, act: str, identity: str, **values: str) -> dict[str, Any]:
        """One call. Its errors name the kind alone: a message could repeat what was sent."""
        transit = self._client.secrets.transit
        try:
            self._client.token = _token()
            answer: dict[str, Any] = getattr(transit, act)(
                name=self._name,
                mount_point=self._mount,
                associated_data=_text(identity.encode()),
                **values,
            )
        except hvac.exceptions.InvalidRequest as error:
            if any(words in str(error) for words in _ABOUT_THE_KEY):
                raise KeyServiceAway("Vault: no such key, or not this version") from None
            raise KeyProblem(f"{identity} is not what Vault wrapped") from None
        except (hvac.exceptions.VaultError, requests.RequestException, OSError) as error:
            raise KeyServiceAway(f"Vault: {type(error).__name__}") from None
        found: dict[str, Any] = answer["data"]
        return found


def _mark(identity: str) -> bytes:
    """Wrapped with the key, too: a Vault before 1.13 passes over associated data in silence."""
    return sha256(b"candor vault:" + identity.encode()).digest()


def _token() -> str:
    path: str = settings.VAULT_TOKEN_FILE
    return Path(path).read_text(encoding="ascii").strip() if path else settings.VAULT_TOKEN


def _text(data: bytes) -> str:
    return b64encode(data).decode("ascii")
