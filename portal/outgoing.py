"""Calls to addresses that an agency's admin wrote: https to public hosts, short, small.

Identity providers, receivers of checkpoints, webhooks: they must not lead into the operator's
network (OWASP: server-side request forgery), and redirects are not followed. The operator
lists exceptions for each use apart (CANDOR_SSO_HOSTS, CANDOR_PUBLISH_HOSTS,
CANDOR_WEBHOOK_HOSTS). An address that the operator wrote, as the time-stamping authority's, is
called in the same way: its host is listed, and it may be plain http.
"""

import socket
import time
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Any
from urllib.parse import urlsplit

import requests
from django.conf import settings
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError, NewConnectionError

SECONDS = (3.05, 5.0)  # to connect, and between two bytes of the answer
MOST_SECONDS = 10.0  # for the whole body
MOST_BYTES = 512 * 1024
CHUNK = 16 * 1024
NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052


def _is_listed(host: str, listed: Sequence[str] | None) -> bool:
    """Whether the operator allows this host whatever its address is."""
    return host.lower() in (settings.SSO_HOSTS if listed is None else listed)


def is_acceptable(url: str, listed: Sequence[str] | None = None, *, plain: bool = False) -> bool:
    """https with a host and nothing secret in it; plain http for listed loopback hosts only.

    `listed` are the operator's exceptions; those for identity providers when none are given.
    `plain` takes http for every listed host: what comes from there is signed.
    """
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        parts.port  # noqa: B018 - raises ValueError for a port that is none
    except ValueError:
        return False
    if not host or parts.username or parts.password or parts.fragment:
        return False
    return parts.scheme == "https" or (
        parts.scheme == "http" and (plain or is_loopback(host)) and _is_listed(host, listed)
    )


def is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def may_connect(host: str, address: str, listed: Sequence[str] | None = None) -> bool:
    """Public unicast addresses only, unless the host is listed."""
    found = ip_address(address.partition("%")[0])
    found = _ipv4_within(found) or found
    return _is_listed(host, listed) or (found.is_global and not found.is_multicast)


def _ipv4_within(address: IPv4Address | IPv6Address) -> IPv4Address | None:
    """The IPv4 address that an IPv6 one leads to: mapped, by 6to4, or through a NAT64 gateway."""
    if address.version == 4:
        return None
    if address in NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour


def leads_outside(url: str, listed: Sequence[str] | None = None) -> bool:
    """Whether the host of an acceptable address may be connected to, as its name is now.

    False for a name that cannot be looked up. Every connection checks it again.
    """
    host = urlsplit(url).hostname or ""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return False
    return all(may_connect(host, str(address[0]), listed) for *_, address in found)


class _Checked:
    """A connection that is given up before anything is sent to a forbidden address.

    Checked on the socket itself: a name may lead elsewhere the next time it is looked up.
    """

    host: str
    listed: Sequence[str] | None

    def _new_conn(self) -> socket.socket:
        try:
            found = socket.getaddrinfo(self.host, None, type=socket.SOCK_STREAM)
        except UnicodeError as error:  # a name that cannot be one
            raise NewConnectionError(self, "no host name") from error  # type: ignore[arg-type]
        for *_, address in found:
            self._require(str(address[0]))
        sock: socket.socket = super()._new_conn()  # type: ignore[misc]
        try:
            self._require(str(sock.getpeername()[0]))
        except NewConnectionError:
            sock.close()
            raise
        return sock

    def _require(self, address: str) -> None:
        if not may_connect(self.host, address, self.listed):
            raise NewConnectionError(self, "not a public address")  # type: ignore[arg-type]


def _pools(listed: Sequence[str] | None) -> dict[str, type[HTTPConnectionPool]]:
    """Pools of connections that know the operator's exceptions."""
    http = type("_HTTP", (_Checked, HTTPConnection), {"listed": listed})
    https = type("_HTTPS", (_Checked, HTTPSConnection), {"listed": listed})
    return {
        "http": type("_HTTPPool", (HTTPConnectionPool,), {"ConnectionCls": http}),
        "https": type("_HTTPSPool", (HTTPSConnectionPool,), {"ConnectionCls": https}),
    }


class _Adapter(HTTPAdapter):
    def __init__(self, listed: Sequence[str] | None) -> None:
        self._pools = _pools(listed)
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = self._pools


class Outgoing(requests.Session):
    """A session of requests within these bounds. Proxies of the environment are not used."""

    def __init__(
        self,
        listed: Sequence[str] | None = None,
        ca_file: str | None = None,
        *,
        plain: bool = False,
    ) -> None:
        super().__init__()
        self._listed, self._plain = listed, plain
        self.trust_env = False
        self.verify = (settings.SSO_CA_FILE if ca_file is None else ca_file) or True
        self.mount("https://", _Adapter(listed))
        self.mount("http://", _Adapter(listed))

    def request(self, method: Any, url: Any, **kwargs: Any) -> requests.Response:  # type: ignore[override]
        """Raises requests.RequestException for whatever is out of bounds."""
        if not is_acceptable(str(url), self._listed, plain=self._plain):
            raise requests.exceptions.InvalidURL("not an https address")
        bounds = {"timeout": SECONDS, "allow_redirects": False, "stream": True}
        response = super().request(method, url, **{**kwargs, **bounds})
        with response:
            if response.is_redirect:
                raise requests.TooManyRedirects("redirects are not followed", response=response)
            response._content = _read(response)
        return response


def _read(response: requests.Response) -> bytes:
    """The body as it comes, so that a trickle of bytes does not hold a process for long."""
    body, ends = b"", time.monotonic() + MOST_SECONDS
    while True:
        try:
            chunk = response.raw.read1(CHUNK, decode_content=True)
        except HTTPError as error:
            raise requests.ConnectionError(type(error).__name__) from error
        body += chunk
        if not chunk:
            return body
        if len(body) > MOST_BYTES or time.monotonic() > ends:
            raise requests.ConnectionError("the answer is too large or too slow")
