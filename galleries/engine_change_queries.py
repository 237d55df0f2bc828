"""What a change of engine still lacks, and how far it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from galleries.models import EngineChange, EngineChangeRejection
from portal.tenancy import current_agency_id
from searches.engines.base import EngineError, EngineFacts
from searches.models import Contract, FaceImage, Gallery
from searches.recognition import slots
from searches.vectors import TABLE, count_templates

# Agency and contract are literals, as in searches.vectors, for the planner's sake.
_MISSING = f"""
SELECT i.id FROM searches_faceimage i
WHERE i.agency_id = {{agency}} AND i.gallery_id = %(gallery)s AND i.erased_at IS NULL{{after}}
AND NOT EXISTS (SELECT FROM {TABLE} t WHERE t.agency_id = {{agency}}
    AND t.image_id = i.id AND t.contract_id = {{contract}})
AND NOT EXISTS (SELECT FROM galleries_enginechangerejection r WHERE r.agency_id = {{agency}}
    AND r.change_id = %(change)s AND r.contract_id = {{contract}} AND r.image_id = i.id)
ORDER BY i.id LIMIT %(limit)s
"""  # noqa: S608 - the table is a constant


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the embedding for the contract that a change is filling is."""

    images: int
    embedded: int
    rejected: int
    rate: float

    @property
    def missing(self) -> int:
        return max(0, self.images - self.embedded - self.rejected)

    @property
    def percent(self) -> int:
        """Whole percents done, rounded down: 100 means all of them."""
        return (self.images - self.missing) * 100 // self.images if self.images else 100

    @property
    def minutes_left(self) -> float | None:
        return self.missing / self.rate if self.rate > 0 else None


def missing_images(change: EngineChange, after: UUID | None, limit: int) -> list[UUID]:
    """Pictures without a template under the target contract that it has not rejected, by id."""
    sql = _MISSING.format(
        agency=current_agency_id(),
        contract=int(change.target.pk),
        after="" if after is None else " AND i.id > %(after)s",
    )
    values: dict[str, UUID | int | None]
    values = {"gallery": change.gallery_id, "change": change.pk, "limit": limit, "after": after}
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return [row[0] for row in cursor.fetchall()]


def rejections(
    change: EngineChange, contract: Contract | None = None
) -> QuerySet[EngineChangeRejection]:
    """What the engine of a contract (the target's) rejects of the pictures that are there."""
    rows = change.rejections.filter(contract=contract or change.target, image__erased_at=None)
    return rows.select_related("image__subject")


def progress_of(change: EngineChange) -> Progress:
    target = change.target.pk
    return Progress(
        images=FaceImage.objects.filter(gallery=change.gallery_id).count(),
        embedded=count_templates(contract_pk=target, galleries=[change.gallery_id]),
        rejected=rejections(change).count(),
        rate=change.rate,
    )


@dataclass(frozen=True, slots=True)
class Offer:
    """An engine of the installation as one to change to; `problem` says why it cannot be read."""

    kind: str
    facts: EngineFacts | None
    is_current: bool = False
    problem: str = ""

    @property
    def can_be_chosen(self) -> bool:
        return (
            self.facts is not None and not self.is_current and self.facts.licence.permits_agency_use
        )


def offers(gallery: Gallery) -> Sequence[Offer]:
    """All engines of the installation; nothing is loaded to know them."""
    current = gallery.contract.contract if gallery.contract else ""
    found = []
    for slot in slots():
        try:
            facts = slot.describe()
        except EngineError as error:
            found.append(Offer(slot.kind, None, problem=error.code))
        else:
            found.append(Offer(slot.kind, facts, is_current=facts.contract.id == current))
    return found
