"""What was done with a subject and its images, from the record; who looked has its own page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from portal.audit.actions import Action
from portal.audit.models import AuditEntry
from searches.models import FaceImage, Subject

# A part of galleries/ that does something else with subjects or images adds its words.
ACTS: dict[Action, str | Promise] = {
    Action.IMAGE_ENROLLED: _("Picture enrolled"),
    Action.IMAGE_ERASED: _("Picture erased"),
    Action.IMAGE_MOVED: _("Picture moved to another subject"),
    Action.SUBJECT_MERGED: _("Subject merged into another"),
    Action.SUBJECT_BEST_SET: _("Representing picture chosen"),
}
MOST = 100


@dataclass(frozen=True, slots=True)
class Act:
    action: str
    words: str | Promise
    who: str
    at: datetime


def history_of(subject: Subject) -> Sequence[Act]:
    """The latest acts first, those on images that are gone and on subjects merged here included."""
    images = FaceImage.every.filter(subject=subject).order_by("-enrolled_at")
    ids = [str(pk) for pk in images.values_list("pk", flat=True)[:MOST]]
    about = Q(subject_type="faceimage", subject_id__in=ids)
    merged = Subject.every.filter(merged_into=subject.pk).values_list("pk", flat=True)
    subjects = [str(pk) for pk in (subject.pk, *merged[:MOST])]
    about |= Q(subject_type="subject", subject_id__in=subjects)
    entries = AuditEntry.objects.filter(about, agency_id=subject.agency_id, action__in=ACTS)
    found = entries.order_by("-id")[:MOST]
    return [Act(one.action, ACTS[Action(one.action)], one.actor_label, one.at) for one in found]
