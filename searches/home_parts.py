"""What the first page has of cases, searches and their procedure."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy

from accounts.actor import Actor
from accounts.home import COUNTS, LISTINGS, Count, Here, Late, Listing, Rows, having
from accounts.models import Role
from accounts.permissions import Permission
from searches import queries
from searches.models import Case, CaseStatus, JobState, Probe, Search, SearchDraft
from searches.work_page import Kind, Task, kind_named

LATEST = 5
NEVER = datetime.max.replace(tzinfo=UTC)


def may_search(actor: Actor) -> bool:
    """Who searches, or did: a training that is missing, and the suspension of the agency, take
    nothing of what was searched before."""
    own = actor.can(Permission.VIEW_CASES) and not actor.can(Permission.VIEW_ALL_CASES)
    return own or Permission.SEARCH in actor.permissions | actor.withheld


def decides(actor: Actor) -> bool:
    """Who looks at cases in order to decide."""
    looks = actor.can(Permission.VIEW_CASES) and not may_search(actor)
    return looks and actor.can(Permission.AUTHORIZE)


def audits(actor: Actor) -> bool:
    """Who looks at cases and does nothing in them."""
    looks = actor.can(Permission.VIEW_CASES) and not may_search(actor)
    return looks and not actor.can(Permission.AUTHORIZE)


def only_adjudicates(actor: Actor) -> bool:
    return actor.can(Permission.ADJUDICATE) and not actor.can(Permission.EXAMINE)


def _of(kind: Kind) -> Rows:
    return lambda here: kind.rows(here.actor)


def _overdue(kind: Kind) -> Late | None:
    if not kind.deadline:
        return None
    return lambda here, rows: rows.filter(**{f"{kind.deadline}__lt": Now()})


def _count(name: str, role: Role, may: Callable[[Actor], bool]) -> Count:
    kind = kind_named(name)
    address = ("work_section", name)
    return Count(role, may, kind.title, _of(kind), address, late=_overdue(kind))


COUNTS += [
    _count("searches", Role.ANALYST, having(Permission.SEARCH)),
    _count("examinations", Role.EXAMINER, having(Permission.EXAMINE)),
    _count("waiting", Role.EXAMINER, having(Permission.EXAMINE)),
    _count("authorizations", Role.SUPERVISOR, having(Permission.AUTHORIZE)),
    _count("examinations", Role.SUPERVISOR, only_adjudicates),
    _count("adjudications", Role.SUPERVISOR, having(Permission.ADJUDICATE)),
]


# --- Lists of work, the next deadline first ----------------------------------------------------


def _next(*names: str) -> Callable[[Here], Sequence[Task]]:
    """The tasks of these kinds that have to be done first; one query each."""

    def rows(here: Here) -> Sequence[Task]:
        found = [task for name in names for task in _tasks(kind_named(name), here.actor)]
        return sorted(found, key=lambda task: task.due or NEVER)[:LATEST]

    return rows


def _tasks(kind: Kind, actor: Actor) -> list[Task]:
    if not any(actor.can(one) for one in kind.permissions):
        return []
    tasks = [kind.task(row) for row in kind.rows(actor)[:LATEST]]
    return [task if task.detail else replace(task, detail=str(kind.title)) for task in tasks]


# --- Cases, searches, and pictures that were not searched with yet -----------------------------


def own_cases(here: Here) -> Sequence[Case]:
    return list(queries.cases(here.actor, whose=queries.MINE)[:LATEST])


def all_cases(here: Here) -> Sequence[Case]:
    return list(queries.cases(here.actor)[:LATEST])


def own_searches(here: Here) -> Sequence[Search]:
    return _latest(here.actor, Search.objects.filter(requested_by_id=here.actor.user_id))


def all_searches(here: Here) -> Sequence[Search]:
    return _latest(here.actor, Search.objects.all())


def _latest(actor: Actor, rows: "QuerySet[Search]") -> Sequence[Search]:
    """Chosen by their keys alone, before anything is joined to them."""
    keys = rows.filter(queries.seen_by(actor, "case")).order_by("-created_at").values("pk")
    return list(queries.searches(actor).filter(pk__in=keys[:LATEST]))


def unsearched(here: Here) -> Sequence[Probe]:
    """Pictures that this person uploaded, in which faces were found, and that wait for a choice.

    Where a search with one is begun, it is among the drafts.
    """
    cases = queries.cases(here.actor, status=CaseStatus.OPEN, whose=queries.MINE)
    own = Probe.objects.filter(case__in=cases.values("pk"), requested_by_id=here.actor.user_id)
    ready = own.filter(state=JobState.DONE, searches=None).exclude(file_key="").exclude(faces=[])
    begun = SearchDraft.objects.filter(owner_id=here.actor.user_id or 0, probe=OuterRef("pk"))
    rows = ready.exclude(Exists(begun)).select_related("case")
    return list(rows.order_by("-created_at")[:LATEST])


def begun(here: Here) -> Sequence[SearchDraft]:
    return list(queries.drafts_of(here.actor)[:LATEST])


LISTINGS += [
    Listing(
        Role.ANALYST,
        having(Permission.SEARCH),
        "drafts",
        gettext_lazy("Searches that you began"),
        "searches/_home_drafts.html",
        begun,
        ("drafts",),
        gettext_lazy("All that I began"),
    ),
    Listing(
        Role.ANALYST,
        having(Permission.SEARCH),
        "pictures",
        gettext_lazy("Pictures that wait for your choice of a face"),
        "searches/_home_probes.html",
        unsearched,
    ),
    Listing(
        Role.ANALYST,
        may_search,
        "own-searches",
        gettext_lazy("My latest searches"),
        "searches/_home_searches.html",
        own_searches,
        ("searches",),
        gettext_lazy("All searches"),
    ),
    Listing(
        Role.ANALYST,
        may_search,
        "own-cases",
        gettext_lazy("My latest cases"),
        "searches/_home_cases.html",
        own_cases,
        ("cases",),
        gettext_lazy("All cases"),
        always=True,
    ),
    Listing(
        Role.EXAMINER,
        having(Permission.EXAMINE),
        "next-examinations",
        gettext_lazy("Next by deadline"),
        "searches/_home_tasks.html",
        _next("examinations", "waiting"),
        ("work",),
        gettext_lazy("Show my work"),
    ),
    Listing(
        Role.SUPERVISOR,
        having(Permission.AUTHORIZE, Permission.ADJUDICATE),
        "next-decisions",
        gettext_lazy("Next by deadline"),
        "searches/_home_tasks.html",
        _next("authorizations", "adjudications"),
        ("work",),
        gettext_lazy("Show my work"),
    ),
]
for role, may in ((Role.SUPERVISOR, decides), (Role.AUDITOR, audits)):
    LISTINGS += [
        Listing(
            role,
            may,
            "latest-searches",
            gettext_lazy("Latest searches"),
            "searches/_home_searches.html",
            all_searches,
            ("searches",),
            gettext_lazy("All searches"),
        ),
        Listing(
            role,
            may,
            "latest-cases",
            gettext_lazy("Latest cases"),
            "searches/_home_cases.html",
            all_cases,
            ("cases",),
            gettext_lazy("All cases"),
            always=True,
        ),
    ]
