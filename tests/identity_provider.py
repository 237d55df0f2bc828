"""An identity provider for tests: OpenID Connect over http on this machine, with bad manners."""

import json
import threading
import time
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

KID = "key-1"
CLIENT_SECRET = "a secret of the tests"
_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


@dataclass
class IdentityProvider:
    """What it says of the one person who is logged in at it, and how it misbehaves."""

    client_id: str = "candor"
    claims: dict[str, Any] = field(default_factory=dict)
    # Misbehaviour: "alg_none", "hs256", "other_key", "redirect", "huge", "wrong_issuer",
    # "plain_endpoint", "broken", "trickle", "no_id_token", "odd_token_answer".
    tricks: set[str] = field(default_factory=set)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    asked: list[dict[str, str]] = field(default_factory=list)
    issuer: str = ""
    foreign_token: str = ""

    def start(self) -> None:
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.issuer = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,))
        self.thread.start()

    def stop(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    # --- What a browser would do ----------------------------------------------------------------

    def visit(self, location: str) -> str:
        """Follow the portal's redirect; answers the address that leads back, with a code."""
        query = {k: v[0] for k, v in parse_qs(urlsplit(location).query).items()}
        self.asked.append(query)
        code = f"code-{len(self.codes)}"
        self.codes[code] = query
        return query["redirect_uri"] + "?" + urlencode({"code": code, "state": query["state"]})

    # --- What the portal asks for ---------------------------------------------------------------

    def discovery(self) -> dict[str, Any]:
        config = {
            "issuer": self.issuer + ("/else" if "wrong_issuer" in self.tricks else ""),
            "authorization_endpoint": self.issuer + "/authorize",
            "token_endpoint": self.issuer + "/token",
            "jwks_uri": self.issuer + "/jwks",
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
        }
        if "plain_endpoint" in self.tricks:
            config["token_endpoint"] = "http://idp.example/token"
        return config

    def jwks(self) -> dict[str, Any]:
        public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(_KEY.public_key()))
        return {"keys": [public | {"kid": KID, "use": "sig", "alg": "RS256"}]}

    def token(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        asked = self.codes.pop(form.get("code", ""), None)
        if asked is None or form.get("client_secret") != CLIENT_SECRET:
            return 400, {"error": "invalid_grant"}
        digest = sha256(form.get("code_verifier", "").encode()).digest()
        if urlsafe_b64encode(digest).rstrip(b"=").decode() != asked.get("code_challenge"):
            return 400, {"error": "invalid_grant", "why": "PKCE"}
        if "odd_token_answer" in self.tricks:
            return 200, {"access_token": ["a list"], "expires_in": "soon"}
        answer = {"access_token": "opaque", "token_type": "Bearer"}
        if "no_id_token" not in self.tricks:
            answer["id_token"] = self.foreign_token or self.id_token(asked["nonce"])
        return 200, answer

    def id_token(self, nonce: str) -> str:
        now = int(time.time())
        base = {"iss": self.issuer, "aud": self.client_id, "iat": now, "exp": now + 300}
        claims = {k: v for k, v in (base | {"nonce": nonce} | self.claims).items() if v is not None}
        headers = {"kid": KID}
        if "alg_none" in self.tricks:
            return jwt.encode(claims, "", algorithm="none", headers=headers)
        if "hs256" in self.tricks:
            return _signed_with_the_public_key(claims)
        key = _KEY
        if "other_key" in self.tricks:
            key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        return jwt.encode(claims, key, algorithm="RS256", headers=headers)


def _signed_with_the_public_key(claims: dict[str, Any]) -> str:
    """The confusion attack: an HMAC whose secret is what everybody can read. PyJWT refuses to."""
    import hmac

    def part(value: bytes) -> str:
        return urlsafe_b64encode(value).rstrip(b"=").decode()

    head = json.dumps({"alg": "HS256", "typ": "JWT", "kid": KID}).encode()
    text = f"{part(head)}.{part(json.dumps(claims).encode())}"
    secret = _KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return f"{text}.{part(hmac.digest(secret, text.encode(), 'sha256'))}"


def _handler(provider: IdentityProvider) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if "redirect" in provider.tricks:
                self.send_response(302)
                self.send_header("Location", provider.issuer + "/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()
            elif "broken" in provider.tricks:
                self.answer(200, b"<html>maintenance</html>")
            elif "trickle" in provider.tricks:
                self.trickle()
            elif "huge" in provider.tricks:
                self.answer(200, json.dumps({"x": "x" * 2_000_000}).encode())
            elif self.path == "/jwks":
                self.answer(200, json.dumps(provider.jwks()).encode())
            elif self.path == "/.well-known/openid-configuration":
                self.answer(200, json.dumps(provider.discovery()).encode())
            else:
                self.answer(404, b"{}")

        def trickle(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            for _ in range(1000):
                try:
                    self.wfile.write(b" ")
                except ConnectionError:
                    return  # as with the huge answer
                time.sleep(0.05)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            status, answer = provider.token({k: v[0] for k, v in parse_qs(body).items()})
            self.answer(status, json.dumps(answer).encode())

        def answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            try:
                self.wfile.write(body)
            except ConnectionError:
                return  # a reader who has had enough

        def log_message(self, format: str, *args: Any) -> None:
            return

    return cast(type[BaseHTTPRequestHandler], Handler)
