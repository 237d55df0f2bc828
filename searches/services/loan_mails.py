"""E-mails about loans: that there is something to look at, and nothing of what it is.

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

from accounts.models import Agency, Membership, Role, User
from portal.post import send_soon
from portal.tenancy import scope
from searches.models import ExaminerLoan

ASKED = (
    _("Another agency asks you for an examination"),
    _(
        "A supervisor of another agency asks you to examine one search. Log in to see which agency"
        " it is and until when, to begin or to decline:"
    ),
)
LENT = (
    _("An examiner of your agency was lent to another agency"),
    _(
        "Another agency asked an examiner of yours to examine one search, which your agency's"
        " settings allow. Log in to see who is lent to whom and until when, or to end it:"
    ),
)
DECLINED = (
    _("An examination that you asked another agency for was declined"),
    _("Somebody else has to be asked, or somebody of your agency does it:"),
)


def tell_of_loan(loan: ExaminerLoan, user: User, agency: Agency) -> None:
    """To the person lent, and to the administrators of the agency which lends."""
    _send(user, ASKED, reverse("loans"))
    with scope(agency.pk):
        active = Membership.objects.filter(deactivated_at=None, user__is_active=True)
        admins = list(active.filter(roles__contains=[Role.ADMIN]).select_related("user"))
    for admin in admins:
        _send(admin.user, LENT, reverse("lent_out"))


def tell_of_decline(loan: ExaminerLoan) -> None:
    """To the supervisor who asked, if they still belong to the agency."""
    active = Membership.objects.filter(deactivated_at=None, user__is_active=True)
    member = active.filter(user_id=loan.asked_by_id).select_related("user").first()
    if member is not None:
        _send(member.user, DECLINED, reverse("search_lend", args=[loan.search_id]))


def _send(user: User, words: tuple[str | Promise, str | Promise], address: str) -> None:
    with translation.override(user.language or None):
        subject, text = (str(part) for part in words)
    body = f"{text}\n{settings.BASE_URL}{address}\n"
    message = EmailMessage(subject, body, settings.DEFAULT_FROM_EMAIL, [user.email])
    transaction.on_commit(partial(send_soon, message))
