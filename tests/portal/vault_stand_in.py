"""What the engine "transit" of HashiCorp Vault answers at the few addresses that Candor asks.

Real AES-256-GCM with versions of a key, written after Vault's description of its API: no Vault was
run. It is as strict as Vault about the token, the prefix, the version and the associated data.
"""

import json
import os
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

TOKEN = "hvs.stand-in"
PATH = "/v1/keys-of-candor/{act}/master"


class Vault:
    """One key; `sealed` makes it answer as a sealed Vault, `old` as one that does not
    know of associated data; `asked` notes the paths.
    """

    def __init__(self) -> None:
        self.versions = [os.urandom(32)]
        self.sealed = False
        self.old = False
        self.asked: list[str] = []
        self.address = ""

    def rotate(self) -> None:
        self.versions.append(os.urandom(32))

    def encrypt(self, body: dict[str, str]) -> dict[str, Any]:
        nonce, number = os.urandom(12), len(self.versions)
        plain, bound = b64decode(body["plaintext"]), self._bound(body)
        sealed = nonce + AESGCM(self.versions[-1]).encrypt(nonce, plain, bound)
        return {"ciphertext": f"vault:v{number}:{b64encode(sealed).decode()}"}

    def decrypt(self, body: dict[str, str]) -> dict[str, Any]:
        prefix, version, text = body["ciphertext"].split(":")
        if prefix != "vault":
            raise ValueError("invalid ciphertext: no prefix")
        sealed, bound = b64decode(text), self._bound(body)
        try:
            key = AESGCM(self.versions[int(version[1:]) - 1])
            plain = key.decrypt(sealed[:12], sealed[12:], bound)
        except InvalidTag:
            raise ValueError("cipher: message authentication failed") from None
        return {"plaintext": b64encode(plain).decode()}

    def _bound(self, body: dict[str, str]) -> bytes:
        return b"" if self.old else b64decode(body["associated_data"])


@contextmanager
def vault() -> Iterator[Vault]:
    """A stand-in that listens on this machine until the end of the block."""
    found = Vault()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            found.asked.append(self.path)
            if found.sealed:
                self._answer(503, {"errors": ["Vault is sealed"]})
            elif self.headers.get("X-Vault-Token") != TOKEN:
                self._answer(403, {"errors": ["permission denied"]})
            elif self.path not in [PATH.format(act=act) for act in ("encrypt", "decrypt")]:
                self._answer(400, {"errors": ["encryption key not found"]})
            else:
                try:
                    data = getattr(found, self.path.split("/")[3])(body)
                except ValueError as error:
                    self._answer(400, {"errors": [str(error)]})
                else:
                    self._answer(200, {"data": data})

        do_PUT = do_POST

        def _answer(self, status: int, document: dict[str, Any]) -> None:
            text = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, format: str, *args: Any) -> None:
            """Tests are silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.address = f"http://127.0.0.1:{server.server_port}/keys-of-candor/master"
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
