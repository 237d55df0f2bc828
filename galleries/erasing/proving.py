"""The last phase: what was erased is looked for, and a receipt says what was found: nothing."""

from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import rfc8785
from django.db import transaction

from accounts.actor import Actor
from accounts.models import EventType
from accounts.webhooks.events import emit
from galleries.erasing.emptying import images_of
from galleries.erasing.listeners import tell_proved
from galleries.erasing.needles import Needle, read_needles
from galleries.erasing.scanning import scan_log
from galleries.models import Erasure, ErasurePhase
from portal import signing
from portal.audit.actions import Action
from portal.audit.recorder import record
from searches.models import FaceImage, Gallery
from searches.services import jobs
from searches.template_rows import count_of_images
from searches.vectors import nearest_subjects

KIND, FORMAT = "erasure_proof", 1
LOOKED_AT = 20
SEARCHED_FOR = 20

# What a receipt says beside what was measured; codes with their words in docs/erasure.md.
STATEMENTS = {
    "files": "sealed_with_a_secret_of_the_row_that_is_gone",
    "backups_of_files": "unreadable_without_that_row",
    "backups_of_the_database": "hold_the_rows_until_they_expire",
    "write_ahead_log": "holds_what_was_written_until_it_is_recycled",
}


class NotErased(Exception):
    """Something of it was found; the job is tried again."""


def prove(actor: Actor, erasure: Erasure) -> None:
    """Look for it once more, sign what was found, and end the job. Raises NotErased."""
    needles = read_needles(erasure)
    absence = _require_absence(erasure, needles)
    log = scan_log(needles)
    document = _document_of(erasure, absence, log.as_json() if log else None)
    signature = signing.sign(KIND, document)
    with transaction.atomic():
        jobs.hold(erasure)
        jobs.finish(
            erasure,
            phase=ErasurePhase.PROVED,
            needles_sealed=b"",
            document=document,
            key_id=signature.key_id,
            signature=signature.value,
        )
        facts = {"sha256": digest_of(document), "cause": erasure.cause, "target": erasure.target}
        record(actor, Action.ERASURE_PROVED, erasure, facts)
        erasure.refresh_from_db()
        tell_proved(erasure)
        emit(EventType.ERASURE_FINISHED, {"erasure": erasure.pk, "state": erasure.state})


def digest_of(document: dict[str, Any]) -> str:
    return sha256(rfc8785.dumps(document)).hexdigest()


def _require_absence(erasure: Erasure, needles: Sequence[Needle]) -> dict[str, Any]:
    """Search for the erased faces themselves: the nearest is somebody else, or nobody."""
    if images_of(erasure).exists():
        raise NotErased("pictures are there")
    galleries = list(Gallery.objects.values_list("pk", flat=True))
    for needle in needles[:SEARCHED_FOR]:
        hits = nearest_subjects(
            needle.vector, contract_pk=needle.contract_pk, galleries=galleries, limit=LOOKED_AT
        )
        seen = [hit.image_id for hit in hits]
        if FaceImage.every.filter(pk__in=seen).exclude(erased_at=None).exists():
            raise NotErased("a search finds it")
    left = count_of_images(erased_images(erasure))
    if left:
        raise NotErased(f"{left} templates are there")
    return {"searches": len(needles[:SEARCHED_FOR]), "found": 0, "templates_left": left}


def erased_images(erasure: Erasure) -> list[Any]:
    """The ids of the pictures that were emptied, as far as the targets name them."""
    every = FaceImage.every.exclude(erased_at=None)
    field = {"images": "pk__in", "subjects": "subject_id__in", "gallery": "gallery_id__in"}
    name = field.get(erasure.target)
    if name is None:
        return []
    return list(every.filter(**{name: erasure.target_ids}).values_list("pk", flat=True))


def _document_of(
    erasure: Erasure, absence: dict[str, Any], log: dict[str, Any] | None
) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "agency": erasure.agency_id,
        "erasure": str(erasure.pk),
        "target": erasure.target,
        "ids": [str(pk) for pk in erasure.target_ids],
        "cause": erasure.cause,
        "request": str(erasure.request_id) if erasure.request_id else None,
        "asked_at": erasure.created_at.isoformat(),
        "emptied_at": erasure.emptied_at.isoformat() if erasure.emptied_at else None,
        "proved_at": datetime.now(UTC).isoformat(),
        "erased": {k: v for k, v in erasure.counts.items() if isinstance(v, int)},
        "rewritten": erasure.counts.get("rewritten"),
        "absence": absence,
        "scan_of_tables": erasure.counts.get("scan"),
        "memory_of_hosts": erasure.counts.get("memory"),
        "scan_of_write_ahead_log": log,
        "statements": STATEMENTS,
    }
