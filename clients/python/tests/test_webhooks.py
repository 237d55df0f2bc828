"""Webhooks are believed when the portal has signed them, and lately."""

import base64
import hmac

import pytest

from candor_client import WebhookRefused, verify_webhook

KEY = b"0123456789abcdef0123456789abcdef"
SECRET = "whsec_" + base64.b64encode(KEY).decode()
BODY = b'{"data":{"search":"s-1"},"type":"search.stage"}'
NOW = 1_800_000_000


def signed(body: bytes = BODY, key: bytes = KEY, at: int = NOW) -> dict[str, str]:
    message = f"evt_1.{at}.".encode() + body
    signature = base64.b64encode(hmac.digest(key, message, "sha256")).decode()
    return {
        "Webhook-Id": "evt_1",
        "Webhook-Timestamp": str(at),
        "Webhook-Signature": f"v1,{signature}",
    }


def test_what_the_portal_signed_is_read() -> None:
    assert verify_webhook(BODY, signed(), SECRET, now=NOW)["data"] == {"search": "s-1"}


def test_the_example_of_the_standard() -> None:
    headers = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    assert verify_webhook(b'{"test": 2432232314}', headers, secret, now=1614265330) == {
        "test": 2432232314
    }


def test_one_of_several_signatures_is_enough() -> None:
    headers = signed()
    others = ["v1a,AAAA", "v1,AAAA", "v1,***", "nothing", headers["Webhook-Signature"]]
    headers["Webhook-Signature"] = " ".join(others)
    verify_webhook(BODY, headers, SECRET, now=NOW)


@pytest.mark.parametrize(
    ("body", "changed"),
    [
        (BODY + b" ", {}),
        (BODY, {"Webhook-Id": "evt_2"}),
        (BODY, {"Webhook-Timestamp": str(NOW + 1)}),
        (BODY, {"Webhook-Timestamp": "soon"}),
        (BODY, {"Webhook-Timestamp": "9" * 4000}),
        (BODY, {"Webhook-Signature": ""}),
        (BODY, signed(key=b"x" * 32)),
        (BODY, signed(at=NOW - 301)),
        (BODY, signed(at=NOW + 301)),
        (b"no json", signed(b"no json")),
    ],
)
def test_anything_else_is_refused(body: bytes, changed: dict[str, str]) -> None:
    with pytest.raises(WebhookRefused):
        verify_webhook(body, signed() | changed, SECRET, now=NOW)


@pytest.mark.parametrize("name", ["Webhook-Id", "Webhook-Timestamp", "Webhook-Signature"])
def test_without_a_header_it_is_refused(name: str) -> None:
    headers = signed()
    del headers[name]
    with pytest.raises(WebhookRefused):
        verify_webhook(BODY, headers, SECRET, now=NOW)


def test_a_secret_that_is_none_is_a_mistake_of_ours() -> None:
    with pytest.raises(ValueError, match="whsec_"):
        verify_webhook(BODY, signed(), "whsec_***", now=NOW)
