"""The search itself: submitted by a person, run by a worker, finished exactly once."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import numpy as np
from django.db import transaction
from numpy.typing import NDArray

from accounts.actor import Actor, system_actor
from accounts.permissions import Permission
from portal.audit.actions import Action
from portal.audit.recorder import record
from portal.tasks import ring
from portal.watching import search_stage
from searches.faults import Fault
from searches.files import new_files
from searches.mails import tell_of_stage
from searches.models import (
    AuthorizationNeeded,
    Contract,
    Gallery,
    GalleryGrant,
    JobState,
    Probe,
    Search,
    SearchedGallery,
    Stage,
)
from searches.models.search import DEFAULT_LIMIT, MAX_LIMIT, MIN_LIMIT
from searches.recognition import engine, engine_for
from searches.scan.planning import Compared, compare
from searches.score_worth import scores_of
from searches.services import jobs
from searches.services.announcing import announce
from searches.services.choosing import chosen_face
from searches.services.contracts import contract_for, embedded_face
from searches.services.drafts import forget_submitted
from searches.services.finished import tell_finished
from searches.services.grant_uses import finish_grants, require_grants, take_grants
from searches.services.grounds import CheckedGrounds, Grounds, check_grounds
from searches.services.membership import admit_search
from searches.services.metering import give_back, reserve_search, terms_for_search, use
from searches.services.registers import require_purpose_of_sources
from searches.services.sealing import Permitted, permitted, seal_search
from searches.services.searched_faces import keep_face
from searches.services.shared_search import (
    copy_faces,
    counts_of,
    keep_candidates,
    merged,
    search_grants,
)
from searches.services.stages import due


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the person chose; the face is one that the probe has."""

    face_index: int
    galleries: Sequence[Gallery]
    grants: Sequence[GalleryGrant]
    grounds: CheckedGrounds
    limit: int
    submission_key: uuid.UUID
    seen: str


def submit_search(
    *,
    actor: Actor,
    probe: Probe,
    face_index: int | None,
    galleries: Sequence[Gallery],
    grants: Sequence[GalleryGrant] = (),
    grounds: Grounds,
    limit: int = DEFAULT_LIMIT,
    submission_key: uuid.UUID,
    seen: str = "",
) -> Search:
    """Ask for one search of one chosen face, and reserve it. Raises Fault; then there is none.

    It is queued at once, or waits for another person's authorization, as its grounds and the
    agency's policy demand. `face_index` may be None when the probe shows one face only. The same
    submission again gives the search it made the first time, so that a double click searches once.
    `grants` are of other agencies' galleries, which are searched beside the own ones. `seen` names
    the picture in which the face was picked (`Probe.shown_as`).
    """
    actor.require(Permission.SEARCH)
    before = Search.objects.filter(submission_key=submission_key).first()
    if before is not None:
        if before.probe_id != probe.pk:
            raise Fault("submission_conflict")
        return before
    face_index = chosen_face(probe, face_index)
    if not galleries and not grants:
        raise Fault("no_gallery")
    if not MIN_LIMIT <= limit <= MAX_LIMIT:
        raise Fault("limit_out_of_range")
    checked = check_grounds(actor.agency, grounds)
    asked = _Asked(face_index, galleries, grants, checked, limit, submission_key, seen)
    return _submit(actor, probe, asked)


def _submit(actor: Actor, probe: Probe, asked: _Asked) -> Search:
    with new_files(actor.agency) as files:
        galleries, given = asked.galleries, asked.grounds.given
        admit_search(actor, probe.case_id, asked.submission_key)
        terms = terms_for_search(actor.agency, given.purpose, galleries)
        require_purpose_of_sources(given.purpose, [gallery.pk for gallery in galleries])
        contract_for(gallery.pk for gallery in galleries)
        # Nobody turns the picture between the choice of the face and the search.
        locked = Probe.objects.select_for_update().get(pk=probe.pk)
        chosen_face(locked, asked.face_index)
        if asked.seen and asked.seen != locked.shown_as:
            raise Fault("edit_picture_changed")  # the number would mean another face
        before = Search.objects.filter(submission_key=asked.submission_key).first()
        if before is not None:  # the other half of a double click came first
            return before
        search = _row(actor, probe, asked)
        if given.document:
            search.document_key = files.put(given.document)
        search.save(force_insert=True)
        forget_submitted(actor, probe.case_id, probe)
        names = sorted({str(gallery.pk) for gallery in galleries})
        SearchedGallery.objects.bulk_create(
            SearchedGallery(search=search, gallery_id=name) for name in names
        )
        take_grants(search, asked.grants, terms)
        written = {"reason": given.reason, "facts": given.facts, "reference": given.reference}
        facts = _facts(search, names, asked.grants)
        record(actor, Action.SEARCH_SUBMITTED, search, facts, content=written)
        reserve_search(terms, search)
        if search.authorization != AuthorizationNeeded.BEFORE:
            seal_search(search, authorized_by=None)
            ring("searches.tasks.run_search", actor.agency, str(search.pk))
        else:
            tell_of_stage(search)
        announce(search, state=search.state)
    return search


def _row(actor: Actor, probe: Probe, asked: _Asked) -> Search:
    checked = asked.grounds
    given, waits = checked.given, checked.needed == AuthorizationNeeded.BEFORE
    stage = Stage.AWAITING_AUTHORIZATION if waits else Stage.QUEUED
    search = Search(
        submission_key=asked.submission_key,
        case_id=probe.case_id,
        probe=probe,
        face_index=asked.face_index,
        purpose=given.purpose,
        basis=given.basis,
        authorization=checked.needed,
        authorize_by=checked.authorize_by,
        document_sha256=sha256(given.document).hexdigest() if given.document else "",
        document_type=checked.document_type,
        limit=asked.limit,
        stage=stage,
        due_at=due(stage),
        state=JobState.HELD if waits else JobState.QUEUED,
        requested_by_id=actor.user_id,
        requested_by_label=actor.label,
    )
    search.reason, search.facts = given.reason.strip(), given.facts.strip()
    search.reference = given.reference.strip()
    return search


def _facts(search: Search, galleries: list[str], grants: Sequence[GalleryGrant]) -> dict[str, Any]:
    named = {"grants": sorted(str(grant.pk) for grant in grants)} if grants else {}
    return named | {
        "case": str(search.case_id),
        "probe": str(search.probe_id),
        "face": search.face_index,
        "galleries": galleries,
        "limit": search.limit,
        "purpose": search.purpose,
        "basis": search.basis,
        "authorization": search.authorization,
    }


def run_search(search_id: uuid.UUID) -> None:
    """Embed the chosen face, and no other, and keep the most similar subjects as candidates."""
    jobs.run(Search, search_id, work=_search, failed=_fail, related=["probe"])


def _search(job: Search) -> None:
    with search_stage("permit"):
        allowed = permitted(job)
        require_purpose_of_sources(job.purpose, allowed.galleries)
        with transaction.atomic():
            require_grants(job)
    # Once more for a gallery that went over to another engine meanwhile.
    while not _searched(job, allowed, contract_for(allowed.galleries)):
        pass


def _searched(job: Search, allowed: Permitted, contract: Contract | None) -> bool:
    """Search under this contract; false, and nothing is kept, if it is not the galleries' now."""
    used = engine_for(contract.contract) if contract else engine()
    with search_stage("embed"):
        vector = embedded_face(job, used)
    with search_stage("compare"):
        own = _in_own(job, allowed, contract, vector) if contract else Compared()
        # Where no own gallery says by which engine, those of other agencies are of this one's.
        under = contract or Contract.objects.filter(contract=used.contract.id).first()
        shared = search_grants(job, allowed.grants, under, vector)
        ranked = merged(own.hits, shared.ranked, job.limit)
    templates = own.templates + shared.templates
    copies = copy_faces(job, ranked)
    scores = scores_of(allowed.versions, contract.pk) if contract else {}
    with search_stage("keep"), new_files(job.agency_id) as files:
        jobs.hold(job)
        if contract_for(allowed.galleries, hold=True) != contract:
            return False
        require_purpose_of_sources(job.purpose, allowed.galleries)  # it may have gone meanwhile
        keep_candidates(job, ranked, copies, scores, files)
        finish_grants(job, counts_of(ranked), {one.row.pk: one.version for one in allowed.grants})
        keep_face(job, used.contract.id, vector, files.store)
        jobs.finish(
            job,
            stage=Stage.EXAMINATION,
            due_at=due(Stage.EXAMINATION),
            contract_id=used.contract.id,
            scale=used.scale,
            published_threshold=used.published_threshold,
            templates_searched=templates,
            comparison={"scanned": own.as_json() + shared.scanned},
        )
        facts = {
            "candidates": len(ranked),
            "templates": templates,
            "contract": used.contract.id,
        }
        actor = system_actor("search", job.agency_id)
        record(actor, Action.SEARCH_FINISHED, job, facts | _use_of(job, allowed))
        use(job)
        job.stage = Stage.EXAMINATION
        tell_of_stage(job)
        tell_finished(job)
        announce(job, state=JobState.DONE)
    return True


def _in_own(
    job: Search, allowed: Permitted, contract: Contract, vector: NDArray[np.float32]
) -> Compared:
    """The nearest subjects of the agency's galleries, and how many templates were compared."""
    return compare(
        vector,
        contract_pk=contract.pk,
        galleries=allowed.galleries,
        limit=job.limit,
        excluded=allowed.excluded,
        search=job,
    )


def _use_of(job: Search, allowed: Permitted) -> dict[str, Any]:
    """When it ran, against what and with what: EU AI Act Art. 12(3)(a) to (c)."""
    grants = [
        {"id": str(one.row.grant_id), "agency": one.row.owner_id, "version": one.version.digest}
        for one in allowed.grants
    ]
    return ({"grants": grants} if grants else {}) | {
        "attempt": job.attempts,
        "began": job.claimed_at.isoformat() if job.claimed_at else "",
        "galleries": [
            {"id": str(version.gallery_id), "version": version.digest}
            for version in allowed.versions
        ],
        "sha256": allowed.searched_sha256,
    }


def _fail(job: Search, code: str) -> None:
    jobs.fail(job, code, stage=Stage.FAILED)
    announce(job, state=JobState.FAILED, stage=Stage.FAILED)
    facts = {"code": code, "attempt": job.attempts}
    record(system_actor("search", job.agency_id), Action.SEARCH_FAILED, job, facts)
    give_back(job)
