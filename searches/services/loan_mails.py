"""Notices of loans: that there is something to look at, and nothing of what it is.

They leave when the transaction commits; a mail server that is away undoes nothing.
"""

from collections.abc import Iterable

from django.conf import settings
from django.db.models import Model
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Agency, Membership, NotificationKind, Role, User
from accounts.services.telling import tell
from portal.tenancy import scope
from searches.models import ExaminerLoan, Search

Words = tuple[str | Promise, str | Promise]

ASKED: Words = (
    _("Another agency asks you for an examination"),
    _(
        "A supervisor of another agency asks you to examine one search. Log in to see which agency"
        " it is and until when, to begin or to decline:"
    ),
)
LENT: Words = (
    _("An examiner of your agency was lent to another agency"),
    _(
        "Another agency asked an examiner of yours to examine one search, which your agency's"
        " settings allow. Log in to see who is lent to whom and until when, or to end it:"
    ),
)
DECLINED: Words = (
    _("An examination that you asked another agency for was declined"),
    _("Somebody else has to be asked, or somebody of your agency does it:"),
)


def tell_of_loan(loan: ExaminerLoan, user: User, agency: Agency) -> None:
    """To the person lent, and to the administrators of the agency which lends; in its scope."""
    with scope(agency.pk):
        active = Membership.objects.filter(deactivated_at=None, user__is_active=True)
        rows = active.filter(roles__contains=[Role.ADMIN]).select_related("user")
        admins = [row.user for row in rows]
        _send([user], NotificationKind.LOAN_ASKED, loan, ASKED, reverse("loans"))
        _send(admins, NotificationKind.LOAN_LENT, loan, LENT, reverse("lent_out"))


def tell_of_decline(loan: ExaminerLoan) -> None:
    """To the supervisor who asked, if they still belong to the agency."""
    active = Membership.objects.filter(deactivated_at=None, user__is_active=True)
    member = active.filter(user_id=loan.asked_by_id).select_related("user").first()
    if member is not None:
        search = Search(pk=loan.search_id)
        address = reverse("search_lend", args=[search.pk])
        _send([member.user], NotificationKind.LOAN_DECLINED, search, DECLINED, address)


def _send(
    people: Iterable[User], kind: NotificationKind, about: Model, words: Words, address: str
) -> None:
    subject, text = words
    link = settings.BASE_URL + address
    tell(people, kind, about, lambda: (str(subject), f"{text}\n{link}\n"))
