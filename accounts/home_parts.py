"""What an agency's admin acts on about its people, its license and its quota."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts import people_queries
from accounts.certificates import certificate_states
from accounts.home import COUNTS, FACTS, Count, Facts, Figure, Here, Tone, having
from accounts.models import Membership, Role, TrainingCertificate
from accounts.permissions import Permission
from accounts.templatetags.usage import grouped, limit_name
from accounts.usage import Limit
from portal.days import day_in_words

# How long before its last day a license is something to act on.
RENEW = timedelta(days=60)
HURRY = timedelta(days=14)


def without_factor(here: Here) -> "QuerySet[Membership]":
    return people_queries.people(factor=people_queries.NO_FACTOR)


def locked_out(here: Here) -> "QuerySet[Membership]":
    return people_queries.people(state="locked")


def ending(here: Here) -> "QuerySet[TrainingCertificate]":
    return TrainingCertificate.objects.filter(certificate_states(here.today)["expiring"])


COUNTS += [
    Count(
        Role.ADMIN,
        having(Permission.MANAGE_PEOPLE),
        gettext_lazy("People without a second factor"),
        without_factor,
        ("people",),
        f"factor={people_queries.NO_FACTOR}",
    ),
    Count(
        Role.ADMIN,
        having(Permission.MANAGE_PEOPLE),
        gettext_lazy("Locked accounts"),
        locked_out,
        ("people",),
        "state=locked",
        Tone.LATE,
    ),
    Count(
        Role.ADMIN,
        having(Permission.MANAGE_CERTIFICATES),
        gettext_lazy("Certificates that end within 30 days"),
        ending,
        ("certificates",),
        "state=expiring",
    ),
    Count(
        Role.ADMIN,
        having(Permission.MANAGE_PEOPLE),
        gettext_lazy("Open invitations"),
        lambda here: people_queries.open_invitations(),
        ("invitations",),
        tone=Tone.PLAIN,
    ),
]


def license_figures(here: Here, answers: Mapping[str, Any]) -> list[Figure]:
    """When the license ends, and what is left of each limit that it sets.

    Nothing where there is no license to work under: the page says that above everything.
    """
    found = here.allowance
    if found is None or found.terms is None or found.code:
        return []
    limits = [one for one in (found.tightest, found.faces) if one and one.left is not None]
    return [_end(here), *(_left(limit) for limit in limits)]


def _end(here: Here) -> Figure:
    terms = here.allowance.terms if here.allowance else None
    assert terms is not None  # noqa: S101 - license_figures asked
    days = (terms.ends_on - here.today).days
    shown = day_in_words(terms.ends_on)
    tone = Tone.PLAIN
    if days <= RENEW.days:
        tone = Tone.LATE if days <= HURRY.days else Tone.WAITS
    if days < 0:
        detail = _("In grace until %(day)s") % {"day": day_in_words(terms.last_usable_day)}
    else:
        detail = ngettext("%(n)s day left", "%(n)s days left", days) % {"n": days}
    return Figure(
        _("License ends"), shown, reverse("license"), tone, detail, is_none=tone == Tone.PLAIN
    )


def _left(limit: Limit) -> Figure:
    tone = Tone.PLAIN
    if limit.warning:
        tone = Tone.LATE if limit.left == 0 else Tone.WAITS
    detail = _("left of %(allowed)s") % {"allowed": grouped(limit.allowed)}
    is_none = tone == Tone.PLAIN
    return Figure(limit_name(limit), grouped(limit.left), reverse("usage"), tone, detail, is_none)


FACTS.append(Facts(Role.ADMIN, having(Permission.MANAGE_PEOPLE), license_figures))
