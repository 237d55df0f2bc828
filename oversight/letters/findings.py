"""What the agency holds about the chosen subjects, as far as the letter may tell.

What is withheld is taken off before anything is written: the letter is the same, byte for byte, as
that of somebody about whom there is no more to tell. Nothing here looks at a face.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from django.utils import timezone

from oversight.models import SubjectRequest
from oversight.models.request_words import Withheld
from portal.audit.actions import Action
from portal.audit.models import AuditEntry
from searches.models import Candidate, CaseStatus, ExaminerLoan, FaceImage, Subject


@dataclass(frozen=True, slots=True)
class HeldPicture:
    source: str
    legal_basis: str
    collected_on: date
    enrolled_on: date
    expires_on: date


@dataclass(frozen=True, slots=True)
class HeldSubject:
    """One enrolment of the person: the gallery, and the pictures in it."""

    reference: str
    gallery: str
    source: str
    source_kind: str
    legal_basis: str
    retention_days: int
    pictures: Sequence[HeldPicture]


@dataclass(frozen=True, slots=True)
class Findings:
    held: Sequence[HeldSubject] = ()
    # How many searches had the person among their candidates, by purpose.
    searches: dict[str, int] = field(default_factory=dict)
    reports: int = 0
    bundles: int = 0
    other_agencies: int = 0


def findings_of(request: SubjectRequest) -> Findings:
    """For an access that was granted; of all other requests a letter tells nothing that is held."""
    if request.kind != "access" or request.outcome not in ("granted", "partly"):
        return Findings()
    if request.withheld == Withheld.EVERYTHING:
        return Findings()
    ids = list(request.subjects.values_list("subject_id", flat=True))
    subjects = Subject.objects.filter(pk__in=ids).select_related("gallery")
    held = [_held(one) for one in subjects.order_by("gallery__name", "created_at", "pk")]
    if request.withheld == Withheld.SEARCHES:
        return Findings(held)
    found = _searches(ids, request.withheld)
    return Findings(
        held,
        dict(sorted(Counter(found.values()).items())),
        reports=_handed_out(found, Action.REPORT_DOWNLOADED),
        bundles=_handed_out(found, Action.BUNDLE_DOWNLOADED),
        other_agencies=_borrowed(found),
    )


def _held(subject: Subject) -> HeldSubject:
    gallery = subject.gallery
    pictures = FaceImage.objects.filter(subject=subject)
    return HeldSubject(
        reference=subject.reference,
        gallery=gallery.name,
        source=gallery.source,
        source_kind=str(gallery.get_source_kind_display()),
        legal_basis=gallery.legal_basis,
        retention_days=gallery.retention_days,
        pictures=[
            HeldPicture(
                source=one.source,
                legal_basis=one.legal_basis,
                collected_on=one.collected_on,
                enrolled_on=timezone.localdate(one.enrolled_at),
                expires_on=one.expires_on,
            )
            for one in pictures
        ],
    )


def _searches(subjects: Sequence[UUID], withheld: str) -> dict[UUID, str]:
    """The searches of which the letter may tell, with their purposes."""
    candidates = Candidate.objects.filter(subject_id__in=subjects)
    if withheld == Withheld.OPEN_CASES:
        candidates = candidates.filter(search__case__status=CaseStatus.CLOSED)
    return dict(candidates.values_list("search_id", "search__purpose"))


def _handed_out(searches: dict[UUID, str], action: Action) -> int:
    ids = [str(one) for one in searches]
    entries = AuditEntry.objects.filter(subject_type="search", subject_id__in=ids, action=action)
    return entries.count()


def _borrowed(searches: dict[UUID, str]) -> int:
    """How many other agencies had an examiner who opened one of these searches."""
    loans = ExaminerLoan.objects.filter(search_id__in=list(searches), opened_at__isnull=False)
    return loans.values("lending_agency_id").distinct().count()
