"""What an erasure will take along, counted before anybody asks for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from galleries.models import ErasureTarget
from searches.models import Candidate, FaceImage, Gallery, Probe, Search, Stage, Subject
from searches.models.stage import CONTENT_GONE


@dataclass(frozen=True, slots=True)
class Preview:
    """`word` is to be written by whoever confirms it; `title` says what it is."""

    target: ErasureTarget
    ids: Sequence[UUID]
    title: str
    word: str
    images: int = 0
    subjects: int = 0
    lists: int = 0
    """Candidate lists of concluded searches in which it keeps a place without its face."""
    searches: int = 0
    """Searches that are erased with their probe."""


def preview_of_image(image: FaceImage) -> Preview:
    last = not image.subject.images.exclude(pk=image.pk).exists()
    return Preview(
        target=ErasureTarget.IMAGES,
        ids=[image.pk],
        title=image.subject.reference,
        word=image.subject.reference,
        images=1,
        subjects=int(last),
        lists=_lists(image=image),
    )


def preview_of_subject(subject: Subject) -> Preview:
    return Preview(
        target=ErasureTarget.SUBJECTS,
        ids=[subject.pk],
        title=subject.reference,
        word=subject.reference,
        images=subject.images.count(),
        subjects=1,
        lists=_lists(subject=subject),
    )


def preview_of_gallery(gallery: Gallery) -> Preview:
    return Preview(
        target=ErasureTarget.GALLERY,
        ids=[gallery.pk],
        title=gallery.name,
        word=gallery.name,
        images=FaceImage.objects.filter(gallery=gallery).count(),
        subjects=gallery.subjects.count(),
        lists=_lists(gallery=gallery),
    )


def preview_of_probe(probe: Probe) -> Preview:
    searches: int = Search.objects.filter(probe=probe).exclude(stage__in=CONTENT_GONE).count()
    return Preview(
        target=ErasureTarget.PROBE,
        ids=[probe.pk],
        title=probe.case.number,
        word=probe.case.number,
        searches=searches,
    )


def _lists(**about: object) -> int:
    """Of concluded searches alone: who is among the candidates of another is told to nobody."""
    concluded = Candidate.objects.filter(search__stage=Stage.CONCLUDED, **about)
    return concluded.values("search").distinct().count()
