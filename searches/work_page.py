"""The page "My work": each section of it, for those whom it concerns, in words."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.actor import Actor
from accounts.permissions import Permission
from searches import work
from searches.models import Examination, Search, Stage


@dataclass(frozen=True, slots=True)
class Task:
    """One line. What an examiner has to do shows nothing but until when.

    `href` leads to it, or `action` is where a form is posted that takes it.
    """

    title: str
    code: str = ""
    detail: str = ""
    due: datetime | None = None
    href: str = ""
    action: str = ""

    @property
    def is_overdue(self) -> bool:
        return self.due is not None and self.due < timezone.now()


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of work: who has it, what there is of it, and how a line of it is shown.

    `deadline` is the column of the rows until when it has to be done; "" where others do it.
    """

    name: str
    title: str | Promise
    permissions: tuple[Permission, ...]
    rows: Callable[[Actor], "QuerySet[Any]"]
    task: Callable[[Any], Task]
    deadline: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    kind: Kind
    tasks: list[Task]
    has_more: bool


def _decision(search: Search) -> Task:
    detail = {
        work.BEFORE: _("Waits to be authorized before it is done"),
        work.URGENT: _("Urgent, done already"),
        work.LOCKED: _("Urgent, results locked"),
    }[search.part]  # type: ignore[attr-defined]
    due: datetime = search.deadline  # type: ignore[attr-defined]
    href = reverse("authorization", args=[search.pk])
    return Task(search.case.number, detail=detail, due=due, href=href)


def _open_examination(examination: Examination) -> Task:
    search = examination.search
    href = _address("examination", examination.pk)
    return Task(_("Search"), code=short(search), due=search.due_at, href=href)


def _late_round(search: Search) -> Task:
    taken = _("somebody has it in hand") if search.is_taken else _("nobody has taken it")  # type: ignore[attr-defined]
    detail = f"{Stage(search.stage).label} · {taken}"
    href = reverse("search", args=[search.pk])
    return Task(search.case.number, detail=detail, due=search.due_at, href=href)


def _free_round(search: Search) -> Task:
    action = _address("examination_take", search.pk)
    return Task(_("Search"), code=short(search), due=search.due_at, action=action)


def _own_search(search: Search) -> Task:
    stage, href = Stage(search.stage), reverse("search", args=[search.pk])
    due = None if stage == Stage.QUEUED else search.due_at
    return Task(search.case.number, detail=str(stage.label), due=due, href=href)


def short(search: Search) -> str:
    """Tells searches apart and says nothing of them."""
    return str(search.pk)[:8]


def _address(name: str, pk: object) -> str:
    """The workbench's address, or nothing where that is not installed."""
    try:
        return reverse(name, args=[pk])
    except NoReverseMatch:
        return ""


EXAMINERS = (Permission.EXAMINE, Permission.ADJUDICATE)
KINDS = (
    Kind(
        "authorizations",
        gettext_lazy("To authorize"),
        (Permission.AUTHORIZE,),
        work.to_authorize,
        _decision,
        "deadline",
    ),
    Kind(
        "examinations",
        gettext_lazy("Examinations that I have open"),
        EXAMINERS,
        work.open_examinations,
        _open_examination,
        "search__due_at",
    ),
    Kind(
        "waiting",
        gettext_lazy("Waiting for an examiner"),
        (Permission.EXAMINE,),
        work.to_examine,
        _free_round,
        "due_at",
    ),
    Kind(
        "adjudications",
        gettext_lazy("Waiting for an adjudicator"),
        (Permission.ADJUDICATE,),
        work.to_adjudicate,
        _free_round,
        "due_at",
    ),
    Kind(
        "overdue",
        gettext_lazy("Examinations that are overdue"),
        (Permission.AUTHORIZE,),
        work.overdue_examinations,
        _late_round,
        "due_at",
    ),
    Kind(
        "searches",
        gettext_lazy("My searches under way"),
        (Permission.SEARCH,),
        work.own_searches,
        _own_search,
    ),
)
PER_SECTION = 25


def kind_named(name: str) -> Kind:
    return next(kind for kind in KINDS if kind.name == name)


def kinds_of(actor: Actor) -> list[Kind]:
    """The kinds of work that this person does."""
    return [kind for kind in KINDS if any(actor.can(one) for one in kind.permissions)]


def sections_of(actor: Actor) -> list[Section]:
    """The next tasks of each kind: one query each."""
    found = []
    for kind in kinds_of(actor):
        rows = list(kind.rows(actor)[: PER_SECTION + 1])
        tasks = [kind.task(row) for row in rows[:PER_SECTION]]
        found.append(Section(kind, tasks, len(rows) > PER_SECTION))
    return found
