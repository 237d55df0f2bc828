"""The history of a case in words, from the record: a closed list of acts, and nothing of content.

What people looked at, and what examiners decide, is not in it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import CharField, Q, QuerySet
from django.db.models.functions import Cast
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from portal.audit.actions import Action
from portal.audit.models import AuditEntry
from searches.models import Case

WORDS: dict[Action, str | Promise] = {
    Action.CASE_OPENED: _("Case opened"),
    Action.CASE_CLOSED: _("Case closed"),
    Action.CASE_REOPENED: _("Case opened again"),
    Action.CASE_OWNER_CHANGED: _("Another owner"),
    Action.CASE_MEMBER_ADDED: _("Member added"),
    Action.CASE_MEMBER_ENDED: _("Member removed"),
    Action.CASE_NOTE_ADDED: _("Note written"),
    Action.CASE_CAP_CHANGED: _("Number of searches changed"),
    Action.CASE_HELD: _("Put under legal hold"),
    Action.CASE_HOLD_LIFTED: _("Legal hold lifted"),
    Action.PROBE_UPLOADED: _("Picture uploaded"),
    Action.PROBE_TURNED: _("Picture turned"),
    Action.PROBE_REJECTED: _("Picture not usable"),
    Action.PROBE_EXPIRED: _("Picture removed: nothing came of it in time"),
    Action.SEARCH_SUBMITTED: _("Search submitted"),
    Action.SEARCH_FINISHED: _("Search run"),
    Action.SEARCH_FAILED: _("Search failed"),
}


@dataclass(frozen=True, slots=True)
class Moment:
    """One line of the history. `detail` says whom or how many it was about."""

    words: str
    detail: str
    who: str
    when: datetime


def entries(case: Case) -> QuerySet[AuditEntry]:
    """The acts on a case, its probes and its searches, the latest first."""
    mine = Q(subject_type="case", subject_id=str(case.pk))
    for kind, rows in (("probe", case.probes), ("search", case.searches)):
        ids = rows.order_by().annotate(text=Cast("pk", CharField())).values("text")
        mine |= Q(subject_type=kind, subject_id__in=ids)
    found = AuditEntry.objects.filter(mine, agency_id=case.agency_id, action__in=WORDS)
    return found.order_by("-id")


def in_words(found: Iterable[AuditEntry], labels: Mapping[int, str]) -> list[Moment]:
    """The entries for people to read; `labels` name those who are or were members."""
    return [
        Moment(str(WORDS[Action(e.action)]), _detail(e, labels), e.actor_label, e.at) for e in found
    ]


def _detail(entry: AuditEntry, labels: Mapping[int, str]) -> str:
    data = entry.data
    if entry.action == Action.CASE_CAP_CHANGED:
        return f"{data['before']} → {data['after']}"
    if entry.action in (Action.CASE_MEMBER_ADDED, Action.CASE_MEMBER_ENDED):
        return labels.get(data["person"], "")
    if entry.action == Action.CASE_OWNER_CHANGED:
        return labels.get(data["after"], "")
    return ""
