"""Puts a list of notifications together, in few statements however much it shows."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, Value
from django.db.models.functions import JSONObject
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy, pgettext_lazy

from accounts.actor import Actor
from accounts.models import Agency, Notification, NotificationKind
from accounts.notifications import MEANINGS, Meaning

# By what stands before the dot of a kind.
TOPICS: dict[str, str | Promise] = {
    "search": gettext_lazy("Searches"),
    "grant": gettext_lazy("Shared galleries"),
    "loan": gettext_lazy("Lent examiners"),
    "scores": gettext_lazy("Scores of galleries"),
    "alert": gettext_lazy("Alerts of misuse"),
    "request": gettext_lazy("Requests of people"),
    "review": gettext_lazy("Reviews of the record"),
    "certificate": gettext_lazy("Training certificates"),
    "access": pgettext_lazy("notifications", "Your access"),
    "people": gettext_lazy("People"),
    "license": gettext_lazy("License"),
}
# What is open to a person: by kind and id, the label of the row.
Open = Mapping[NotificationKind, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Line:
    """A notification in words; `href` is empty where it is not open to the person any more."""

    row: Notification
    words: str | Promise
    label: str
    href: str

    @property
    def is_open(self) -> bool:
        return bool(self.href)

    @property
    def open_id(self) -> str:
        return self.row.subject_id if self.href else ""


def lines_of(actor: Actor, rows: Sequence[Notification]) -> list[Line]:
    """The notifications in words; what is open to the person is asked by one statement."""
    found = _open(actor, rows)
    return [_line(actor, row, found[NotificationKind(row.kind)]) for row in rows]


def _line(actor: Actor, row: Notification, found: Mapping[str, str]) -> Line:
    meaning = MEANINGS[NotificationKind(row.kind)]
    label = found.get(row.subject_id)
    href = "" if label is None else meaning.address(actor, row.subject_id)
    return Line(row, meaning.words, label or "", href)


def _open(actor: Actor, rows: Sequence[Notification]) -> Open:
    """Those of the rows they are about that the person may look at now."""
    asked: dict[NotificationKind, set[str]] = defaultdict(set)
    for row in rows:
        asked[NotificationKind(row.kind)].add(row.subject_id)
    open_to = {kind: ids for kind, ids in asked.items() if MEANINGS[kind].may(actor)}
    found: dict[NotificationKind, Mapping[str, str]] = {kind: {} for kind in asked}
    if not open_to:
        return found
    questions = {kind.name: _question(MEANINGS[kind], actor, ids) for kind, ids in open_to.items()}
    answers: Mapping[str, Any] = Agency.objects.filter(pk=actor.agency).values(**questions).get()
    for kind in open_to:
        shown = MEANINGS[kind].shown
        found[kind] = {
            str(one["id"]): shown(one["label"]) if MEANINGS[kind].label else ""
            for one in answers[kind.name] or ()
        }
    return found


def _question(meaning: Meaning, actor: Actor, ids: set[str]) -> ArraySubquery:
    label: Any = F(meaning.label) if meaning.label else Value("")
    rows = meaning.rows(actor).filter(pk__in=ids).order_by()
    return ArraySubquery(rows.values(one=JSONObject(id="pk", label=label)))
