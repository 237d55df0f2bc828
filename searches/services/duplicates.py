"""Does a new picture show somebody whom its gallery has under another reference?

Exact: every template of the gallery is compared. The check and the insert of one gallery go one
after another under an advisory lock, so that of two pictures of the same person under two
references, measured at the same time, the second always meets the first. A gallery of more than
DUPLICATE_CHECK_TEMPLATES templates is not searched for each picture: the hygiene run does it in
one go, and every picture says whether it was compared (docs/galleries-quality.md has the costs).
"""

import time
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.db import connection

from searches.measuring import NewPicture
from searches.models import Contract, DuplicateCheck, Enrolment, Gallery, Subject
from searches.services.review_queue import review_queue
from searches.vectors import Hit, more_templates_than, resembling_subjects

SIZE_HOLDS = 10.0  # seconds for which a gallery counts as large or small as it was
_sizes: dict[tuple[UUID, int, int], tuple[float, bool]] = {}


@dataclass(frozen=True, slots=True)
class Held:
    """A picture that was not enrolled: it resembles another subject, and a person decides."""

    enrolment: Enrolment


@dataclass(frozen=True, slots=True)
class Comparison:
    """What came of the check. `least` is None where nothing was compared."""

    least: float | None
    hit: Hit | None = None

    @property
    def was_made(self) -> bool:
        return self.least is not None


NOT_COMPARED = Comparison(None)


def similarity_in_use(
    gallery: Gallery, contract_pk: int | None, published: float | None
) -> float | None:
    """From which similarity on two subjects of a gallery are taken for a possible duplicate.

    None: there is no check. A similarity of one's own counts under the contract it was chosen for.
    """
    if gallery.duplicate_check == DuplicateCheck.OFF:
        return None
    chosen_for = gallery.duplicate_contract_id
    if gallery.duplicate_check == DuplicateCheck.OWN and chosen_for in (None, contract_pk):
        return gallery.duplicate_similarity
    return published


def compare(
    gallery: Gallery, contract: Contract, picture: NewPicture, subject: Subject | None
) -> Comparison:
    """Compare a picture with all other subjects of its gallery, in the open transaction.

    Until that ends nothing else is compared with this gallery. `subject` is whose picture it is
    said to be, when the gallery knows them.
    """
    least = similarity_in_use(gallery, contract.pk, picture.published_threshold)
    if least is None or _is_large(gallery.pk, contract.pk):
        return NOT_COMPARED
    _wait_for_turn(gallery.pk)
    hits = resembling_subjects(
        picture.found.vector,
        contract_pk=contract.pk,
        gallery_id=gallery.pk,
        least=least,
        without=[subject.pk] if subject else [],
    )
    if hits and subject is not None:
        apart = review_queue().told_apart(subject, [hit.subject_id for hit in hits])
        hits = [hit for hit in hits if hit.subject_id not in apart]
    return Comparison(least, hits[0] if hits else None)


def _wait_for_turn(gallery_id: UUID) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"enrol:{gallery_id}"]
        )


def _is_large(gallery_id: UUID, contract_pk: int) -> bool:
    most = settings.DUPLICATE_CHECK_TEMPLATES
    key, now = (gallery_id, contract_pk, most), time.monotonic()
    known = _sizes.get(key)
    if known is None or now - known[0] > SIZE_HOLDS:
        large = more_templates_than(most, contract_pk=contract_pk, gallery_id=gallery_id)
        known = _sizes[key] = (now, large)
    return known[1]
