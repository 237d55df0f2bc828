"""What becomes of alerts, letters and heads of the record when an agency moves."""

import secrets
from hashlib import sha256
from typing import Any

from accounts.moving.mapping import Moving
from accounts.moving.rules import change, leave, may_lack

leave("heads of the former record; those of the new one are sent from here", "oversight_delivery")
may_lack("oversight_requestlink", "token_hash")


def _alert(row: dict[str, Any], moving: Moving) -> bool:
    """The key of an alert, by which it is not raised twice, may have people in it."""
    parts = str(row.get("key")).split(":")
    row["key"] = ":".join(str(moving.person(int(p))) if p.isdecimal() else p for p in parts)
    return True


def _link(row: dict[str, Any], _moving: Moving) -> bool:
    """The link in the letter led to the former installation; here it opens nothing."""
    row["token_hash"] = sha256(secrets.token_bytes(32)).hexdigest()
    return True


change("oversight_misusealert", _alert)
change("oversight_requestlink", _link)
