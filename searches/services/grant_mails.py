"""E-mails about grants of galleries: that there is something to look at, and nothing of what it is.

They leave when the transaction commits; a mail server that is away undoes nothing.
"""

from functools import partial

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.urls import reverse
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership, User
from accounts.people_queries import people_with
from accounts.permissions import Permission
from portal.post import send_soon
from portal.tenancy import scope
from searches.models import GalleryGrant

OFFERED = (
    _("Another agency offers yours search in a gallery"),
    _(
        "Another agency offers to let yours search in one of its galleries. Log in to see which one"
        " and on what terms, and to accept or to decline:"
    ),
)
REVOKED = (
    _("Another agency has revoked search in a gallery"),
    _("Your agency cannot search in it any more. Log in to see which gallery it was:"),
)
ANSWERED = (
    _("Search in a gallery that your agency offered was answered"),
    _("Log in to see whether the other agency accepted, declined or gave it up:"),
)


def tell_of_offer(borrower_id: int) -> None:
    _tell_managers(borrower_id, OFFERED)


def tell_of_revocation(borrower_id: int) -> None:
    _tell_managers(borrower_id, REVOKED)


def tell_of_answer(grant: GalleryGrant) -> None:
    """To whoever granted it, if they still belong to the agency; asked in its scope."""
    if grant.granted_by_id is None:  # the operator
        return
    active = Membership.objects.filter(deactivated_at=None, user__is_active=True)
    member = active.filter(user_id=grant.granted_by_id).select_related("user").first()
    if member is not None:
        _send(member.user, ANSWERED, reverse("gallery_grant", args=[grant.pk]))


def _tell_managers(agency_id: int, words: tuple[str | Promise, str | Promise]) -> None:
    with scope(agency_id):
        people = people_with(Permission.MANAGE_GALLERIES)
    for user in people:
        _send(user, words, reverse("borrowed_galleries"))


def _send(user: User, words: tuple[str | Promise, str | Promise], address: str) -> None:
    with translation.override(user.language or None):
        subject, text = (str(part) for part in words)
    body = f"{text}\n{settings.BASE_URL}{address}\n"
    message = EmailMessage(subject, body, settings.DEFAULT_FROM_EMAIL, [user.email])
    transaction.on_commit(partial(send_soon, message))
