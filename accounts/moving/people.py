"""The people of an agency that moves: accounts without a password, or those that are here already.

No secret of a person comes along: no password, no second factor, no log-in of another provider.
"""

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from accounts.models import Role, User
from accounts.models.agency import time_zones
from accounts.moving.faults import MoveRefused
from accounts.moving.mapping import Moving
from accounts.offboarding.tables import MEMBERSHIP

TABLE = f"tables/{MEMBERSHIP}.jsonl"


@dataclass(frozen=True, slots=True)
class Arrived:
    """A person of the export: `is_new` for an account that was made for them."""

    old_id: int
    user: User
    is_new: bool
    is_active: bool


def bring_people(moving: Moving, *, match: bool) -> list[Arrived]:
    """Accounts for everybody who is or was a member. Raises MoveRefused.

    An address that somebody here has is theirs only if the operator says so (`match`).
    """
    arrived = [_arrive(row, match) for row in moving.package.rows(MEMBERSHIP)]
    moving.people.update({one.old_id: one.user.pk for one in arrived})
    moving.awaited.update(one.old_id for one in arrived if one.is_new and one.is_active)
    if len(moving.people) != len(arrived) or len({a.user.pk for a in arrived}) != len(arrived):
        raise MoveRefused("import_row_malformed", MEMBERSHIP)
    return arrived


def _arrive(row: dict[str, Any], match: bool) -> Arrived:
    try:
        old_id, email = row["user_id"], str(row["email"]).strip().lower()
        if type(old_id) is not int or old_id < 1:
            raise ValueError(old_id)
        is_active = row["deactivated_at"] is None
        user = User.objects.filter(email=email).first()
        if user is not None and not match:
            raise MoveRefused("import_address_taken", email)
        is_new = user is None
        return Arrived(old_id, user or _new(row, email), is_new, is_active)
    except (KeyError, TypeError, ValueError, ValidationError) as error:
        raise MoveRefused("import_row_malformed", MEMBERSHIP) from error


def _new(row: dict[str, Any], email: str) -> User:
    validate_email(email)
    zone = str(row.get("time_zone") or "")
    return User.objects.create_user(
        email,
        None,
        name=str(row["name"])[:150],
        language=str(row.get("language") or "")[:10],
        time_zone=zone if zone in time_zones() else "",
    )


def require_admin(moving: Moving) -> None:
    """Somebody has to be able to let the others in."""
    for row in moving.package.rows(MEMBERSHIP):
        if row.get("deactivated_at") is None and Role.ADMIN in (row.get("roles") or []):
            return
    raise MoveRefused("import_no_admin")
