"""Notices of grants of galleries: that there is something to look at, and nothing of what it is.

They leave when the transaction commits; a mail server that is away undoes nothing.
"""

from collections.abc import Iterable

from django.conf import settings
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership, NotificationKind, User
from accounts.people_queries import people_with
from accounts.permissions import Permission
from accounts.services.telling import tell
from portal.tenancy import scope
from searches.models import GalleryGrant

Words = tuple[str | Promise, str | Promise]

OFFERED: Words = (
    _("Another agency offers yours search in a gallery"),
    _(
        "Another agency offers to let yours search in one of its galleries. Log in to see which one"
        " and on what terms, and to accept or to decline:"
    ),
)
REVOKED: Words = (
    _("Another agency has revoked search in a gallery"),
    _("Your agency cannot search in it any more. Log in to see which gallery it was:"),
)
ANSWERED: Words = (
    _("Search in a gallery that your agency offered was answered"),
    _("Log in to see whether the other agency accepted, declined or gave it up:"),
)


def tell_of_offer(grant: GalleryGrant) -> None:
    _tell_managers(grant, NotificationKind.GRANT_OFFERED, OFFERED)


def tell_of_revocation(grant: GalleryGrant) -> None:
    _tell_managers(grant, NotificationKind.GRANT_REVOKED, REVOKED)


def tell_of_answer(grant: GalleryGrant) -> None:
    """To whoever granted it, if they still belong to the agency; asked in its scope."""
    if grant.granted_by_id is None:  # the operator
        return
    active = Membership.objects.filter(deactivated_at=None, user__is_active=True)
    member = active.filter(user_id=grant.granted_by_id).select_related("user").first()
    if member is not None:
        address = reverse("gallery_grant", args=[grant.pk])
        _send([member.user], NotificationKind.GRANT_ANSWERED, grant, ANSWERED, address)


def _tell_managers(grant: GalleryGrant, kind: NotificationKind, words: Words) -> None:
    """In the scope of the agency that the grant names, which has to be known."""
    assert grant.borrower_id is not None  # noqa: S101 - callers ask
    with scope(grant.borrower_id):
        people = people_with(Permission.MANAGE_GALLERIES)
        _send(people, kind, grant, words, reverse("borrowed_galleries"))


def _send(
    people: Iterable[User],
    kind: NotificationKind,
    grant: GalleryGrant,
    words: Words,
    address: str,
) -> None:
    subject, text = words
    link = settings.BASE_URL + address
    tell(people, kind, grant, lambda: (str(subject), f"{text}\n{link}\n"))
