"""What notifications about searches, shared galleries and lent examiners mean."""

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.actor import Actor
from accounts.home import having
from accounts.models import NotificationKind
from accounts.notifications import MEANINGS, Meaning, page, page_of_row
from accounts.permissions import Permission
from searches import work
from searches.grant_queries import borrowed
from searches.lent_queries import lent_out, lent_to
from searches.models import GalleryGrant, Search
from searches.queries import seen_by
from searches.work_page import KINDS

# A person's own searches, which the page lists too, wait for others.
WORK = tuple(kind for kind in KINDS if kind.rows is not work.own_searches)
DOES_WORK = tuple({one for kind in WORK for one in kind.permissions})
CODE = 8


def _waiting(actor: Actor) -> "QuerySet[Search]":
    """What the page "My work" has for this person now, and nothing else."""
    waits = Q(pk__in=[])
    for kind in WORK:
        if any(actor.can(one) for one in kind.permissions):
            column = "search" if kind.rows is work.open_examinations else "pk"
            waits |= Q(pk__in=kind.rows(actor).order_by().values(column))
    return Search.objects.filter(waits)


def _own(actor: Actor) -> "QuerySet[Search]":
    return _seen(actor).filter(requested_by_id=actor.user_id)


def _seen(actor: Actor) -> "QuerySet[Search]":
    return Search.objects.filter(seen_by(actor, "case"))


def _grants(actor: Actor) -> "QuerySet[GalleryGrant]":
    return GalleryGrant.objects.all()


def _borrowed(actor: Actor) -> "QuerySet[GalleryGrant]":
    return borrowed(actor.agency)


def _code(pk: str) -> str:
    """As lists of work name a search."""
    return pk[:CODE]


MEANINGS |= {
    NotificationKind.SEARCH_WAITS: Meaning(
        _("A search waits for you"), having(*DOES_WORK), _waiting, page("work"), "pk", _code
    ),
    NotificationKind.SEARCH_DUE: Meaning(
        _("A search that waits for you is due within a day"),
        having(*DOES_WORK),
        _waiting,
        page("work"),
        "pk",
        _code,
    ),
    NotificationKind.SEARCH_NEWS: Meaning(
        _("There is news of your search"),
        having(Permission.VIEW_CASES),
        _own,
        page_of_row("search"),
        "pk",
        _code,
    ),
    NotificationKind.GRANT_OFFERED: Meaning(
        _("Another agency offers yours search in a gallery"),
        having(Permission.MANAGE_GALLERIES),
        _borrowed,
        page("borrowed_galleries"),
    ),
    NotificationKind.GRANT_REVOKED: Meaning(
        _("Another agency has revoked search in a gallery"),
        having(Permission.MANAGE_GALLERIES),
        _borrowed,
        page("borrowed_galleries"),
    ),
    NotificationKind.GRANT_ANSWERED: Meaning(
        _("Search in a gallery that your agency offered was answered"),
        having(Permission.MANAGE_GALLERIES),
        _grants,
        page_of_row("gallery_grant"),
    ),
    NotificationKind.LOAN_ASKED: Meaning(
        _("Another agency asks you for an examination"),
        having(Permission.EXAMINE),
        lent_to,
        page("loans"),
    ),
    NotificationKind.LOAN_LENT: Meaning(
        _("An examiner of your agency was lent to another agency"),
        having(Permission.RECALL),
        lent_out,
        page("lent_out"),
    ),
    NotificationKind.LOAN_DECLINED: Meaning(
        _("An examination that you asked another agency for was declined"),
        having(Permission.LEND),
        _seen,
        page_of_row("search_lend"),
        "pk",
        _code,
    ),
}
