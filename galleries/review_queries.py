"""The review queue as its pages list it."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, QuerySet
from django.http import QueryDict
from django.shortcuts import get_object_or_404

from galleries.models import ReviewItem, ReviewKind, ReviewState
from searches.models import FaceImage, Gallery

RELATED = (
    "gallery",
    "enrolment__register",
    "image__subject",
    "other_image",
    "subject",
    "other_subject",
)


@dataclass(frozen=True, slots=True)
class QueueFilter:
    """What of the queue a page shows; what is unknown is left out."""

    state: str
    kind: str
    gallery: UUID | None

    @classmethod
    def from_query(cls, query: QueryDict) -> "QueueFilter":
        state, kind = query.get("state", ""), query.get("kind", "")
        return cls(
            state if state in ReviewState.values else ReviewState.OPEN,
            kind if kind in ReviewKind.values else "",
            _uuid(query.get("gallery", "")),
        )

    def rows(self) -> QuerySet[ReviewItem]:
        """Held pictures first, then the most similar; what is decided by its time."""
        found = ReviewItem.objects.filter(state=self.state)
        if self.kind:
            found = found.filter(kind=self.kind)
        if self.gallery:
            found = found.filter(gallery_id=self.gallery)
        if self.state == ReviewState.DECIDED:
            return found.order_by("-decided_at", "id")
        return found.order_by("enrolment", "-similarity", "id")

    @property
    def query(self) -> str:
        """The filter as a query, to go on with behind a decision."""
        made = QueryDict(mutable=True)
        made["state"] = self.state
        if self.kind:
            made["kind"] = self.kind
        if self.gallery:
            made["gallery"] = str(self.gallery)
        return made.urlencode()


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def review_or_404(pk: UUID) -> ReviewItem:
    return get_object_or_404(ReviewItem.objects.select_related(*RELATED), pk=pk)


def open_by_kind(gallery: Gallery) -> dict[str, int]:
    """How many open questions of each kind a gallery has."""
    rows = ReviewItem.objects.filter(gallery=gallery, state=ReviewState.OPEN).order_by()
    return dict(rows.values_list("kind").annotate(n=Count("pk")))


def unchecked_images(gallery: Gallery) -> int:
    """Pictures that were enrolled without being compared with the others."""
    return FaceImage.objects.filter(gallery=gallery, duplicates_checked=False).count()
