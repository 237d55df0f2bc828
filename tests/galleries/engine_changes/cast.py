"""A gallery of three people, and what its templates and its record say."""

from typing import Any
from uuid import uuid4

import numpy as np

from accounts.access import files_of
from accounts.actor import command_actor
from accounts.models import Agency
from galleries.models import EngineChange
from galleries.services.engine_changes import pace_change
from galleries.services.hygiene import request_hygiene, run_hygiene
from portal.audit.models import AuditEntry
from searches.images import decode, encode_jpeg
from searches.models import Contract, Gallery, JobState, Search
from searches.vectors import count_templates
from tests.factories import make_case, make_probe, make_search, person_jpeg

PEOPLE = (1, 2, 3)


def templates(gallery: Gallery) -> dict[str, int]:
    return {
        row.contract: count
        for row in Contract.objects.all()
        if (count := count_templates(contract_pk=row.pk, galleries=[gallery.pk]))
    }


def actions() -> list[str]:
    found = AuditEntry.objects.filter(action__startswith="engine_change.").order_by("pk")
    return [
        action.removeprefix("engine_change.") for action in found.values_list("action", flat=True)
    ]


def contract_of(gallery: Gallery) -> str:
    row = Gallery.objects.select_related("contract").get(pk=gallery.pk).contract
    return row.contract if row else ""


def searched(agency: Agency, gallery: Gallery, seed: int) -> Search:
    case = make_case(agency, f"C-{Search.objects.count()}")
    return make_search(make_probe(case, person_jpeg(seed, 7)), [gallery])


def first_of(search: Search) -> str:
    return str(search.candidates.select_related("subject")[0].subject.reference)


def hygiene_scale(gallery: Gallery) -> str:
    """Of which engine a hygiene run takes the similarities to be."""
    actor = command_actor("test", gallery.agency_id)
    run = request_hygiene(actor=actor, gallery=gallery, submission_key=uuid4())
    run_hygiene(run.pk)
    run.refresh_from_db()
    assert run.state == JobState.DONE
    return run.scale


def pace(change: EngineChange, **how: Any) -> EngineChange:
    actor = command_actor("test", change.agency_id)
    return pace_change(actor=actor, change=change, **{"paused": False, "throttle": None, **how})


class Shown:
    """What the files of pictures show to the engines, where it is not what was enrolled."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}

    def of(self, agency_id: int) -> "Shown":
        self.store = files_of(agency_id)
        return self

    def get(self, key: str) -> bytes:
        return self.files.get(key) or self.store.get(key)


def beside(*pictures: bytes) -> bytes:
    return encode_jpeg(np.hstack([decode(picture).rgb for picture in pictures]))
