"""Where the portal is, and the token that it is shown, and nobody else."""

from collections.abc import Generator
from ipaddress import ip_address
from typing import Any
from urllib.parse import urljoin

import httpx

from candor_client.calls import Call
from candor_client.errors import CandorError

Http = httpx.Client | httpx.AsyncClient
ROOT = "api/v1/"
MEDIA_TYPE = "application/vnd.candor.v1+json"


class Server:
    """The portal's address, checked, and requests to it.

    Plain http is refused but for this very machine, because it would show token and pictures to
    everybody between; `allow_http` takes that on.
    """

    def __init__(self, address: str, *, allow_http: bool = False) -> None:
        url = httpx.URL(address if address.endswith("/") else address + "/")
        if url.scheme not in ("https", "http") or not url.host:
            raise CandorError("The portal's address begins with https://")
        if url.userinfo or url.query or url.fragment:
            raise CandorError("The portal's address has no name, query or fragment in it")
        if url.scheme == "http" and not (allow_http or _is_loopback(url.host)):
            raise CandorError("Plain http would show the token to everybody between: use https")
        self.url = url

    def address_of(self, path: str) -> httpx.URL:
        """A path below /api/v1/, one from the root, or a whole address of this same portal."""
        root = urljoin(str(self.url), ROOT)
        found = httpx.URL(urljoin(root, path))
        if _origin(found) != _origin(self.url):
            raise CandorError(f"{found.host} is not the portal: it does not get the token")
        return found

    def request_of(
        self, call: Call[Any], http: "httpx.Client | httpx.AsyncClient"
    ) -> httpx.Request:
        said: dict[str, Any] = {"params": dict(call.params)} if call.params else {}
        if call.files:
            said["files"] = {name: file.opened() for name, file in call.files.items()}
            said["data"] = dict(call.form)
        elif call.content is not None:
            said["content"] = call.content
        elif call.json is not None:
            said["json"] = call.json
        if call.seconds is not None:
            said["timeout"] = call.seconds
        headers = {"Accept": MEDIA_TYPE, **call.headers}
        return http.build_request(call.method, self.address_of(call.path), headers=headers, **said)


class Token(httpx.Auth):
    """Adds the token to a request. Says nothing of it when it is printed."""

    def __init__(self, secret: str) -> None:
        if not secret.strip().isascii() or not secret.strip().isprintable() or not secret.strip():
            raise CandorError("That is not a token")
        self._secret = secret.strip()

    def __repr__(self) -> str:
        return "Token(...)"

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["Authorization"] = f"Bearer {self._secret}"
        yield request


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
