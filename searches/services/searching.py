"""The search itself: submitted by a person, run by a worker, finished exactly once."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from accounts.access import files_of
from accounts.actor import Actor, system_actor
from accounts.permissions import Permission
from portal.audit.actions import Action
from portal.audit.recorder import record
from portal.tasks import ring
from searches.engines.orientation import turned
from searches.faults import Fault
from searches.images import decode
from searches.models import Candidate, Contract, Gallery, JobState, Probe, Search, SearchedGallery
from searches.models.search import DEFAULT_LIMIT, MAX_LIMIT, MIN_LIMIT
from searches.recognition import embed_face, engine, image_limits
from searches.services import jobs
from searches.services.membership import admit_search
from searches.services.metering import give_back, reserve_search, terms_for_search, use
from searches.vectors import Hit, count_templates, nearest_subjects


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the person chose; the face is one that the probe has."""

    face_index: int
    galleries: Sequence[Gallery]
    purpose: str
    limit: int
    submission_key: uuid.UUID


def submit_search(
    *,
    actor: Actor,
    probe: Probe,
    face_index: int | None,
    galleries: Sequence[Gallery],
    purpose: str,
    limit: int = DEFAULT_LIMIT,
    submission_key: uuid.UUID,
) -> Search:
    """Queue one search of one chosen face, and reserve it. Raises Fault; then nothing is queued.

    `face_index` may be None when the probe shows one face only. The same submission again gives
    the search it made the first time, so that a double click searches once.
    """
    actor.require(Permission.SEARCH)
    before = Search.objects.filter(submission_key=submission_key).first()
    if before is not None:
        if before.probe_id != probe.pk:
            raise Fault("submission_conflict")
        return before
    face_index = chosen_face(probe, face_index)
    if not galleries:
        raise Fault("no_gallery")
    if not MIN_LIMIT <= limit <= MAX_LIMIT:
        raise Fault("limit_out_of_range")
    asked = _Asked(face_index, galleries, purpose, limit, submission_key)
    return _queue(actor, probe, asked)


def chosen_face(probe: Probe, face_index: int | None) -> int:
    """The index of the face to search for; only an only face needs no choosing."""
    if probe.state != JobState.DONE:
        raise Fault("probe_not_ready")
    if not probe.faces:
        raise Fault("probe_without_face")
    if face_index is None:
        if len(probe.faces) > 1:
            raise Fault("face_not_chosen")
        return 0
    if not 0 <= face_index < len(probe.faces):
        raise Fault("face_not_in_probe")
    return face_index


@transaction.atomic
def _queue(
    actor: Actor,
    probe: Probe,
    asked: _Asked,
) -> Search:
    admit_search(actor, probe.case_id, asked.submission_key)
    terms = terms_for_search(actor.agency, asked.purpose, asked.galleries)
    # Nobody turns the picture between the choice of the face and the search.
    chosen_face(Probe.objects.select_for_update().get(pk=probe.pk), asked.face_index)
    search, created = Search.objects.get_or_create(
        submission_key=asked.submission_key,
        defaults={
            "case_id": probe.case_id,
            "probe": probe,
            "face_index": asked.face_index,
            "purpose": asked.purpose,
            "limit": asked.limit,
            "requested_by_id": actor.user_id,
            "requested_by_label": actor.label,
        },
    )
    if not created:  # the other half of a double click came first
        return search
    names = sorted({str(gallery.pk) for gallery in asked.galleries})
    SearchedGallery.objects.bulk_create(
        SearchedGallery(search=search, gallery_id=name) for name in names
    )
    facts = {"case": str(probe.case_id), "probe": str(probe.pk), "face": asked.face_index}
    more = {"galleries": names, "limit": asked.limit, "purpose": asked.purpose}
    record(actor, Action.SEARCH_SUBMITTED, search, {**facts, **more})
    ring("searches.tasks.run_search", actor.agency, str(search.pk))
    reserve_search(terms, search)
    return search


def run_search(search_id: uuid.UUID) -> None:
    """Embed the chosen face, and no other, and keep the most similar subjects as candidates."""
    jobs.run(Search, search_id, work=_search, failed=_fail, related=["probe"])


def _search(job: Search) -> None:
    probe = job.probe
    decoded = decode(files_of(job.agency_id).get(probe.file_key), image_limits())
    vector = embed_face(turned(decoded.rgb, probe.quarter_turns), job.face)
    used = engine()
    galleries = [row.gallery_id for row in job.searched_galleries.all()]
    contract = Contract.objects.filter(contract=used.contract.id).first()
    hits: list[Hit] = []
    searched = 0
    if contract is not None:
        hits = nearest_subjects(
            vector, contract_pk=contract.pk, galleries=galleries, limit=job.limit
        )
        searched = count_templates(contract_pk=contract.pk, galleries=galleries)
    with transaction.atomic():
        jobs.finish(
            job,
            contract_id=used.contract.id,
            scale=used.scale,
            published_threshold=used.published_threshold,
            templates_searched=searched,
        )
        Candidate.objects.bulk_create(_candidates(job, hits))
        facts = {"candidates": len(hits), "templates": searched, "attempt": job.attempts}
        actor = system_actor("search", job.agency_id)
        record(actor, Action.SEARCH_FINISHED, job, {**facts, "contract": used.contract.id})
        use(job)


def _candidates(job: Search, hits: Sequence[Hit]) -> list[Candidate]:
    return [
        Candidate(
            search=job,
            rank=rank,
            gallery_id=hit.gallery_id,
            subject_id=hit.subject_id,
            image_id=hit.image_id,
            similarity=hit.similarity,
        )
        for rank, hit in enumerate(hits, start=1)
    ]


def _fail(job: Search, code: str) -> None:
    jobs.fail(job, code)
    facts = {"code": code, "attempt": job.attempts}
    record(system_actor("search", job.agency_id), Action.SEARCH_FAILED, job, facts)
    give_back(job)
