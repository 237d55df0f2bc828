"""To whom the token is shown, and where it never appears."""

import logging
import traceback

import httpx
import pytest

from candor_client import ApiProblem, AsyncCandor, Candor, CandorError
from fake_portal import CASE, FakePortal, problem

TOKEN = "candor_" + "s3cret" * 8


@pytest.mark.parametrize(
    "address",
    [
        "http://candor.example.org",
        "http://192.168.1.4:8000",
        "http://127.0.0.1.example.org",
        "http://localhost.example.org",
        "ftp://candor.example.org",
        "candor.example.org",
        "https://",
        "https://user:word@candor.example.org",
        "https://candor.example.org/?a=b",
    ],
)
def test_an_address_that_is_not_safe_is_refused(address: str) -> None:
    for kind in (Candor, AsyncCandor):
        with pytest.raises(CandorError) as refused:
            kind(address, TOKEN)
        assert TOKEN not in str(refused.value)


@pytest.mark.parametrize(
    "address", ["http://localhost:8000", "http://127.0.0.1:8000/", "http://[::1]:8000"]
)
def test_plain_http_is_for_this_machine(portal: FakePortal, address: str) -> None:
    portal.answers = [httpx.Response(200, json={})]
    portal.client(address).get("license/")
    assert str(portal.requests[0].url) == f"{address.rstrip('/')}/api/v1/license/"


def test_plain_http_when_told(portal: FakePortal) -> None:
    portal.answers = [httpx.Response(200, json={})]
    portal.client("http://candor.internal", allow_http=True).get("license/")
    assert str(portal.requests[0].url) == "http://candor.internal/api/v1/license/"


def test_a_portal_below_a_path(portal: FakePortal) -> None:
    portal.answers = [httpx.Response(200, json={})]
    portal.client("https://example.org/candor").get("license/")
    assert str(portal.requests[0].url) == "https://example.org/candor/api/v1/license/"


def test_the_token_goes_in_the_header(portal: FakePortal) -> None:
    portal.answers = [httpx.Response(200, json=CASE)]
    portal.client().cases.get("c-1")
    assert portal.requests[0].headers["Authorization"] == f"Bearer {TOKEN}"
    assert portal.requests[0].headers["Accept"] == "application/vnd.candor.v1+json"


@pytest.mark.parametrize(
    "path",
    [
        "https://elsewhere.example/x",
        "//elsewhere.example/x",
        "http://candor.example.org/x",
        "https://candor.example.org:8443/x",
    ],
)
def test_nobody_else_gets_the_token(portal: FakePortal, path: str) -> None:
    portal.answers = [httpx.Response(200, json={})]
    with pytest.raises(CandorError):
        portal.client().get(path)
    assert portal.requests == []


def test_a_signed_address_of_the_portal_is_taken(portal: FakePortal) -> None:
    portal.answers = [httpx.Response(200, content=b"jpeg")]
    address = "https://candor.example.org/api/v1/pictures/abc/"
    assert portal.client().download(address) == b"jpeg"


@pytest.mark.parametrize("token", ["", "  ", "a\nb", "tokén"])
def test_what_cannot_be_a_token(token: str) -> None:
    with pytest.raises(CandorError):
        Candor("https://candor.example.org", token)


def test_the_token_is_never_written_down(
    portal: FakePortal, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    portal.answers = [httpx.ConnectError("refused"), problem(401, "token_invalid")]
    client = portal.client()
    with pytest.raises(ApiProblem) as refused:
        client.me()
    written = caplog.text + repr(client) + repr(vars(client)) + repr(vars(client._driver))
    written += "".join(traceback.format_exception(refused.value)) + repr(portal.requests)
    assert "s3cret" not in written


def test_a_client_is_closed_at_the_end(portal: FakePortal) -> None:
    portal.answers = [httpx.Response(200, json={})]
    with portal.client() as client:
        client.get("license/")
    with pytest.raises(RuntimeError):
        client.get("license/")
