"""Whose notifications there are, and how many of them are unread."""

from django.db.models import QuerySet

from accounts.actor import Actor
from accounts.models import Notification

# Beyond, the header shows "99+".
MOST_UNREAD = 99
# How many a person has not read in the agency of a membership; asked with the memberships.
UNREAD = f"""
(SELECT count(*) FROM (SELECT FROM accounts_notification n
WHERE n.user_id = accounts_membership.user_id AND n.agency_id = accounts_membership.agency_id
AND n.read_at IS NULL LIMIT {MOST_UNREAD + 1}) counted)
"""  # noqa: S608


def own(actor: Actor, *, unread: bool = False, topic: str = "") -> "QuerySet[Notification]":
    """The person's own, newest first; inside their own_scope. A topic stands before kinds' dots."""
    rows = Notification.objects.filter(user_id=actor.user_id or 0)
    if unread:
        rows = rows.filter(read_at=None)
    return rows.filter(kind__startswith=f"{topic}.") if topic else rows
