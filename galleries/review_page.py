"""What the page of one review shows: two sides, and what may be decided."""

from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from galleries.models import ReviewDecision, ReviewItem, ReviewKind
from galleries.services.reviewing import WITH_REASON, decisions_on
from searches.models import FaceImage, Subject
from searches.quality_advice import advice_on_image, limits_of

# What a finding is, in the words of the page.
MEANINGS: dict[str, str | Promise] = {
    ReviewKind.HELD: _(
        "The picture was handed in under one reference and resembles a subject with another one."
        " It is not in the gallery: no search finds it until somebody decides."
    ),
    ReviewKind.DUPLICATE: _(
        "Two subjects have pictures that resemble each other as pictures of one person do. They may"
        " be one person under two references, or two people who look alike."
    ),
    ReviewKind.CLOSER: _(
        "The picture resembles one of another subject more than any of its own. It may have been"
        " enrolled under the wrong reference."
    ),
    ReviewKind.OUTLIER: _(
        "The picture resembles the others of its subject far less than is usual in this gallery."
        " It may show somebody else, or the face may hardly be measurable."
    ),
    ReviewKind.EVERYONE: _(
        "The subject resembles strangers far more than is usual in this gallery. Such pictures turn"
        " up in many searches; mostly they are blurred, dark or covered."
    ),
}


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two pictures, with whose it is."""

    title: str | Promise
    reference: str
    subject_id: UUID | None
    image_id: UUID | None
    """None: a held picture, which has an address of its own."""
    register: str = ""
    collected_on: date | None = None
    since: datetime | None = None
    who: str = ""
    advice: list[str | Promise] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Choice:
    decision: ReviewDecision
    needs_reason: bool


def choices_of(item: ReviewItem) -> list[Choice]:
    """What may be decided; nothing when it is decided."""
    if not item.is_open:
        return []
    return [Choice(one, one in WITH_REASON) for one in decisions_on(item)]


def sides_of(item: ReviewItem) -> list[Side]:
    """The picture in question, and the one that it resembles."""
    title = _("Handed in") if item.kind == ReviewKind.HELD else _("In question")
    first = _held(item, title) if item.enrolment else _enrolled(item, title)
    if item.other_subject is None:
        return [first]
    other = _side(item, _("It resembles"), item.other_image, item.other_subject)
    return [first, other]


def _held(item: ReviewItem, title: str | Promise) -> Side:
    job = item.enrolment
    return Side(
        title,
        job.reference,
        item.subject_id,
        job.image_id,
        job.register.name,
        job.collected_on,
        job.created_at,
        job.requested_by_label,
    )


def _enrolled(item: ReviewItem, title: str | Promise) -> Side:
    return _side(item, title, item.image, item.subject)


def _side(
    item: ReviewItem, title: str | Promise, image: FaceImage | None, subject: Subject
) -> Side:
    if image is None or image.erased_at is not None:
        return Side(title, subject.reference, None, None)
    return Side(
        title,
        subject.reference,
        subject.pk,
        image.pk,
        image.source,
        image.collected_on,
        image.enrolled_at,
        image.enrolled_by_label,
        advice_on_image(image, limits_of(item.gallery)),
    )
