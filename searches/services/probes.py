"""Probes: the pictures that are searched with."""

import uuid

from django.db import IntegrityError, transaction

from accounts.actor import Actor, system_actor
from accounts.permissions import Permission
from portal.audit.actions import Action
from portal.audit.recorder import record
from portal.tasks import ring
from searches.faults import Fault
from searches.files import delete_on_commit, new_files
from searches.images import decode, encode_jpeg, thumbnail
from searches.models import Case, Probe
from searches.recognition import engine, find_faces, image_limits, portrait
from searches.saving import refusals_as_faults
from searches.services import jobs
from searches.services.capture import Capture, require_past
from searches.services.drafts import forget_submitted
from searches.services.membership import admit_probe
from searches.services.pictures import current_pixels

DISPLAY_SIDE = 1600  # pixels of the longer side, for the screen
MAX_FACES = 100  # the largest ones of a crowd


def upload_probe(
    *, actor: Actor, case: Case, data: bytes, capture: Capture, submission_key: uuid.UUID
) -> Probe:
    """Keep a picture for a case; a worker finds its faces.

    Raises ImageRejected or Fault, and then nothing is stored. The same submission again gives the
    probe it made the first time. A probe is never enrolled in a gallery.
    """
    actor.require(Permission.SEARCH)
    before = Probe.objects.filter(submission_key=submission_key)
    if found := before.first():
        return found
    try:
        return _keep(actor, case, data, capture, submission_key)
    except IntegrityError:
        if found := before.first():  # the other half of a double click came first
            return found
        raise


def _keep(
    actor: Actor, case: Case, data: bytes, capture: Capture, submission_key: uuid.UUID
) -> Probe:
    require_past(capture, actor.agency)
    decoded = decode(data, image_limits())
    with new_files(actor.agency) as files:
        admit_probe(actor, case.pk)
        probe = Probe(
            case=case,
            file_key=files.put(data),
            sha256=decoded.sha256,
            media_type=decoded.media_type,
            captured_on=capture.captured_on,
            capture_kind=capture.kind,
            submission_key=submission_key,
            requested_by_id=actor.user_id,
            requested_by_label=actor.label,
        )
        probe.capture_place = capture.place.strip()
        probe.capture_device = capture.device.strip()
        with refusals_as_faults():
            probe.save(force_insert=True)
        forget_submitted(actor, case.pk, None)
        facts = {"case": str(case.pk), "sha256": decoded.sha256}
        record(actor, Action.PROBE_UPLOADED, probe, facts)
        ring("searches.tasks.analyse_probe", actor.agency, str(probe.pk))
    return probe


def turn_probe(*, actor: Actor, probe: Probe, quarter_turns: int) -> Probe:
    """Have the faces found again with the picture turned clockwise from how it is shown.

    Detectors often find a face that lies on its side, and then measure it wrongly; only a person
    sees which way is up. Raises Fault when the picture is being examined or was searched with.
    """
    actor.require(Permission.SEARCH)
    with transaction.atomic():
        admit_probe(actor, probe.case_id)
        locked = locked_probe(probe)
        record(actor, Action.PROBE_TURNED, locked, {"quarter_turns": quarter_turns % 4})
        look_again(actor, locked, wanted_turns=(locked.quarter_turns + quarter_turns) % 4)
    probe.refresh_from_db()
    return probe


def locked_probe(probe: Probe) -> Probe:
    """The probe's row, locked, when its picture may still be changed. Raises Fault."""
    locked = Probe.objects.select_for_update().get(pk=probe.pk)
    if locked.is_erased:
        raise Fault("probe_erased")
    if locked.is_open:
        raise Fault("probe_not_ready")
    if locked.searches.exists():
        raise Fault("probe_searched")
    return locked


def look_again(actor: Actor, locked: Probe, *, wanted_turns: int | None, **fields: object) -> None:
    """Have the faces of a changed picture found anew; what was made of the old one goes."""
    for key in [locked.display_key, *locked.portrait_keys]:
        delete_on_commit(actor.agency, key)
    emptied = {"faces": [], "display_key": "", "portrait_keys": []}
    turns = {"wanted_turns": wanted_turns, "quarter_turns": wanted_turns or 0}
    jobs.reopen(locked, **emptied, **turns, **fields)
    ring("searches.tasks.analyse_probe", actor.agency, str(locked.pk))


def analyse_probe(probe_id: uuid.UUID) -> None:
    """Find the faces in a probe. Nothing is embedded here: bystanders stay unmeasured."""
    jobs.run(Probe, probe_id, work=_find_faces, failed=_reject)


def _find_faces(job: Probe) -> None:
    found = find_faces(current_pixels(job).rgb, job.wanted_turns)
    height, width = found.image.shape[:2]
    shown = found.faces[:MAX_FACES]
    with new_files(job.agency_id) as files:
        jobs.finish(
            job,
            faces=[face.as_json() for face in shown],
            found_by=engine().contract.id,
            width=width,
            height=height,
            quarter_turns=found.quarter_turns,
            display_key=files.put(encode_jpeg(thumbnail(found.image, DISPLAY_SIDE))),
            portrait_keys=[files.put(portrait(found.image, face)) for face in shown],
        )
        facts = {"faces": len(shown), "contract": engine().contract.id}
        record(system_actor("probe", job.agency_id), Action.PROBE_ANALYSED, job, facts)


def _reject(job: Probe, code: str) -> None:
    jobs.fail(job, code)
    record(system_actor("probe", job.agency_id), Action.PROBE_REJECTED, job, {"code": code})
