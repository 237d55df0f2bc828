"""Whose notifications there are, and how many of them are unread."""

from django.db.models import OuterRef, QuerySet, Subquery

from accounts.actor import Actor
from accounts.counting import counted
from accounts.models import Notification

# Beyond, the header shows "99+".
MOST_UNREAD = 99


def own(actor: Actor, *, unread: bool = False, topic: str = "") -> "QuerySet[Notification]":
    """The person's own, newest first; inside their own_scope. A topic stands before kinds' dots."""
    rows = Notification.objects.filter(user_id=actor.user_id or 0)
    if unread:
        rows = rows.filter(read_at=None)
    return rows.filter(kind__startswith=f"{topic}.") if topic else rows


def unread_of_membership() -> Subquery:
    """How many a person has not read in the agency of a membership; asked with the memberships."""
    # The manager wants an agency; row-level security shows a person their own rows.
    rows = Notification._base_manager.filter(
        user_id=OuterRef("user_id"), agency_id=OuterRef("agency_id"), read_at=None
    )
    return counted(rows, MOST_UNREAD)
