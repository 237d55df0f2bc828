"""What the pages of a change of engine show."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from galleries.engine_change_queries import Progress, progress_of, rejections
from galleries.forms_engine_changes import CompareForm, PaceForm
from galleries.models import ChangeStage, EngineChange, ShadowSearch, Switch
from searches.faults import message_of
from searches.models import FaceImage, Subject


def change_or_404(pk: UUID) -> EngineChange:
    """A change of a gallery that is there."""
    rows = EngineChange.objects.select_related("gallery", "from_contract", "to_contract")
    return get_object_or_404(rows.filter(gallery__erased_at=None), pk=pk)


def shadow_or_404(pk: UUID) -> ShadowSearch:
    rows = ShadowSearch.objects.select_related(
        "change__gallery", "change__from_contract", "change__to_contract"
    )
    return get_object_or_404(rows.filter(change__gallery__erased_at=None), pk=pk)


def next_switch(change: EngineChange) -> Switch:
    """What can be asked for at the stage of a change: it goes one way or back."""
    return Switch.ROLL_BACK if change.stage == ChangeStage.CUT_OVER else Switch.CUT_OVER


def change_context(change: EngineChange, **more: Any) -> dict[str, Any]:
    progress = None if change.is_over else progress_of(change)
    return {
        "change": change,
        "gallery": change.gallery,
        "progress": progress,
        "time_left": time_left(progress) if progress else "",
        "failure": message_of(change.failure_code) if change.failure_code else "",
        "rejected": rejections(change, change.to_contract).count(),
        "shadows": change.shadow_searches.all()[:20],
        "pace": PaceForm(initial={"throttle": change.throttle}),
        "compare": CompareForm(),
        **more,
    }


def time_left(progress: Progress) -> str:
    """In words, rounded up; nothing while no rate is known."""
    minutes = progress.minutes_left
    if minutes is None or not progress.missing:
        return ""
    hours, rest = divmod(int(minutes) + 1, 60)
    if hours:
        return _("%(hours)s h %(minutes)s min") % {"hours": hours, "minutes": rest}
    return _("%(minutes)s min") % {"minutes": rest}


@dataclass(frozen=True, slots=True)
class MovedRow:
    """A subject whose place in the list the engines do not agree on."""

    subject: Subject
    image: UUID
    before: int | None
    after: int | None


def moved_rows(moved: list[dict[str, Any]]) -> list[MovedRow]:
    """Those of the report that are still there, with their references."""
    subjects = Subject.objects.in_bulk([row["subject"] for row in moved])
    images = {str(pk) for pk in FaceImage.objects.in_bulk([row["image"] for row in moved])}
    return [
        MovedRow(subjects[UUID(row["subject"])], UUID(row["image"]), row["from"], row["to"])
        for row in moved
        if UUID(row["subject"]) in subjects and row["image"] in images
    ]
