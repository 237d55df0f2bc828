"""The cards of the record and of its weekly review on the first page of oversight."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.actor import Actor
from accounts.models import Agency
from accounts.permissions import Permission
from oversight.hub import CARDS, Card
from oversight.weeks import unsigned


def _agency(actor: Actor) -> Agency:
    return Agency.objects.get(pk=actor.agency)


def waiting_weeks(actor: Actor) -> int:
    """How many weeks are over and not signed."""
    return len(unsigned(_agency(actor)))


def overdue_words(actor: Actor) -> str:
    """That weeks are overdue; "" while none is."""
    late = sum(1 for week in unsigned(_agency(actor)) if week.overdue_since)
    if not late:
        return ""
    words = ngettext(
        "The review of %(count)s week of the record is overdue.",
        "The reviews of %(count)s weeks of the record are overdue.",
        late,
    )
    return words % {"count": late}


CARDS += [
    Card(
        Permission.VIEW_RECORD,
        _("The record"),
        _("Everything that was done in your agency: by whom, when, and from where."),
        "record",
    ),
    Card(
        Permission.REVIEW_RECORD,
        _("Weekly review"),
        _("Look through each week that is over, and sign it."),
        "reviews",
        waiting_weeks,
        overdue_words,
    ),
]
