"""Legal holds as pages show them."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from accounts.actor import Actor
from accounts.permissions import Permission
from galleries.models import HoldTarget, LegalHold
from galleries.services.holds import standing
from searches.models import FaceImage, Gallery, Subject
from searches.sealed import texts_of


@dataclass(frozen=True, slots=True)
class HoldRow:
    """`name` is of what is held, empty where that is erased; reasons are empty for who may not."""

    hold: LegalHold
    name: str
    subject: Subject | None
    reason: str
    release_reason: str


def may_read(actor: Actor) -> bool:
    """Whoever keeps and whoever erases knows why; to all others a hold is told without."""
    return actor.can(Permission.MANAGE_GALLERIES) or actor.can(Permission.ERASE)


def found_holds(*, released: bool) -> QuerySet[LegalHold]:
    rows = LegalHold.objects.exclude(released_at=None) if released else standing()
    return rows.select_related("gallery", "subject", "image__subject")


def holds_of(subject: Subject) -> QuerySet[LegalHold]:
    """The standing holds that keep something of this subject."""
    whole = Q(target=HoldTarget.GALLERY, gallery=subject.gallery_id)
    mine = whole | Q(subject=subject) | Q(image__subject=subject)
    return found_holds(released=False).filter(mine)


def holds_that_keep(images: QuerySet[FaceImage]) -> QuerySet[LegalHold]:
    """The standing holds that keep one of these pictures."""
    bare = images.order_by()
    return found_holds(released=False).filter(
        Q(target=HoldTarget.GALLERY, gallery__in=bare.values("gallery"))
        | Q(subject__in=bare.values("subject"))
        | Q(image__in=bare.values("pk"))
    )


def rows_of(actor: Actor, holds: Sequence[LegalHold]) -> list[HoldRow]:
    hidden = [""] * len(holds)
    shown = may_read(actor)
    reasons = texts_of(holds, "reason_sealed") if shown else hidden
    releases = texts_of(holds, "release_sealed") if shown else hidden
    return [
        HoldRow(hold, _name(hold), _subject(hold), why, over)
        for hold, why, over in zip(holds, reasons, releases, strict=True)
    ]


def _subject(hold: LegalHold) -> Subject | None:
    subject = hold.image.subject if hold.image else hold.subject
    return None if subject is None or subject.erased_at else subject


def _name(hold: LegalHold) -> str:
    gallery: Gallery = hold.gallery
    if hold.target == HoldTarget.GALLERY:
        return str(gallery.name)
    subject = _subject(hold)
    return str(subject.reference) if subject else ""
