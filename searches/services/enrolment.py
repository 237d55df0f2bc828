"""Pictures into galleries: one through a page, many through `manage.py enroll`."""

import uuid
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import IntegrityError

from accounts.access import files_of, today_at
from accounts.actor import Actor, system_actor
from accounts.permissions import Permission
from portal.audit.actions import Action
from portal.audit.recorder import record
from portal.tasks import ring
from searches.engines.best_shot import rank
from searches.faults import Fault
from searches.files import NewFiles, delete_on_commit, new_files
from searches.images import decode
from searches.measuring import NewPicture, measure
from searches.models import Enrolment, FaceImage, Gallery, SourceRegister, Subject
from searches.recognition import image_limits
from searches.saving import refusals_as_faults
from searches.services import jobs
from searches.services.contracts import contract_asked
from searches.services.duplicates import NOT_COMPARED, Held, compare
from searches.services.galleries import contract_of
from searches.services.holding import Requested, hold_picture, known_subject, new_subject
from searches.services.metering import give_back, reserve_face, take_face, terms_for_enrolment, use
from searches.services.registers import require_source
from searches.services.same_files import duplicates_named, refuse_duplicate, refuse_erased
from searches.vectors import NewTemplate, add_templates

MAX_REFERENCE = 120
NO_FILES = {"file_key": "", "portrait_key": ""}


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a picture comes from, which says on what basis the agency holds it, and since when.

    `expires_on` may only shorten what the rules of the register and the gallery give.
    """

    register: SourceRegister
    collected_on: date
    expires_on: date | None = None


def clean_reference(reference: str) -> str:
    """A subject reference without surrounding space. Raises Fault."""
    reference = reference.strip()
    if not reference:
        raise Fault("reference_missing")
    if len(reference) > MAX_REFERENCE:
        raise Fault("reference_too_long")
    return reference


def request_enrolment(
    *,
    actor: Actor,
    gallery: Gallery,
    reference: str,
    provenance: Provenance,
    data: bytes,
    submission_key: uuid.UUID,
) -> Enrolment:
    """Hand one picture in; a worker measures it.

    Raises ImageRejected or Fault, and then nothing is stored. The same submission again gives the
    enrolment it made the first time.
    """
    actor.require(Permission.ENROL)
    before = Enrolment.objects.filter(submission_key=submission_key)
    if found := before.first():
        return found
    try:
        return _hand_in(
            actor, gallery, clean_reference(reference), provenance, data, submission_key
        )
    except (IntegrityError, Fault):
        if found := before.first():  # the other half of a double click came first
            return found
        raise


def _hand_in(
    actor: Actor,
    gallery: Gallery,
    reference: str,
    provenance: Provenance,
    data: bytes,
    submission_key: uuid.UUID,
) -> Enrolment:
    decoded = decode(data, image_limits())
    refuse_duplicate(gallery, reference, decoded.sha256)
    require_source(gallery, provenance.register)
    with refusals_as_faults(), new_files(actor.agency) as files:
        terms = terms_for_enrolment(gallery)
        enrolment = Enrolment.objects.create(
            gallery=gallery,
            reference=reference,
            register=provenance.register,
            collected_on=provenance.collected_on,
            expires_given=provenance.expires_on,
            file_key=files.put(data),
            sha256=decoded.sha256,
            submission_key=submission_key,
            requested_by_id=actor.user_id,
            requested_by_label=actor.label,
        )
        facts = {"gallery": str(gallery.pk), "sha256": decoded.sha256}
        record(actor, Action.ENROLMENT_REQUESTED, enrolment, facts)
        ring("searches.tasks.run_enrolment", actor.agency, str(enrolment.pk))
        reserve_face(terms, enrolment)
    return enrolment


def run_enrolment(enrolment_id: uuid.UUID) -> None:
    """Measure a handed-in picture and enrol it, hold it, or reject it with a code and forget it."""
    jobs.run(Enrolment, enrolment_id, work=_enrol, failed=_reject, related=["gallery", "register"])


def _enrol(job: Enrolment) -> None:
    data = files_of(job.agency_id).get(job.file_key)
    while not _written(job, measure(data, contract_asked(job.gallery))):
        job.gallery.refresh_from_db()


def _written(job: Enrolment, picture: NewPicture) -> bool:
    """Enrol a measured picture; false if the gallery went over to another engine meanwhile."""
    try:
        _write(job, picture)
    except Fault as fault:
        if fault.code != "contract_of_gallery":
            raise
        return False
    return True


def _write(job: Enrolment, picture: NewPicture) -> None:
    actor = system_actor("enrolment", job.agency_id)
    require_source(job.gallery, job.register)
    provenance = Provenance(job.register, job.collected_on, job.expires_given)
    with (
        duplicates_named(job.gallery, job.reference, picture.sha256),
        new_files(job.agency_id) as files,
    ):
        today = today_at(job.agency_id)
        made = write_picture(
            *(actor, files, job.gallery, job.reference, picture, provenance), by=job, today=today
        )
        if isinstance(made, Held):
            return
        forget_files(job)
        jobs.finish(job, image=made, **NO_FILES)
        use(job)


def _reject(job: Enrolment, code: str) -> None:
    actor = system_actor("enrolment", job.agency_id)
    forget_files(job)
    jobs.fail(job, code, **NO_FILES)
    record(actor, Action.IMAGE_REJECTED, job, {"gallery": str(job.gallery_id), "code": code})
    give_back(job)


def forget_files(job: Enrolment) -> None:
    """The picture that was handed in goes with the open transaction."""
    for key in filter(None, [job.file_key, job.portrait_key]):
        delete_on_commit(job.agency_id, key)


def enrol_picture(
    *, actor: Actor, gallery: Gallery, reference: str, picture: NewPicture, provenance: Provenance
) -> FaceImage | Held:
    """Write a measured picture at once (bulk enrolment), or hold it for a person to decide on.

    Raises Fault; then nothing is kept. One that is held has its place in the quota reserved.
    """
    actor.require(Permission.ENROL)
    reference = clean_reference(reference)
    with (
        duplicates_named(gallery, reference, picture.sha256),
        new_files(actor.agency) as files,
    ):
        terms = terms_for_enrolment(gallery)
        require_source(gallery, provenance.register)
        today = today_at(gallery.agency_id)
        made = write_picture(
            *(actor, files, gallery, reference, picture, provenance), by=None, today=today
        )
        if isinstance(made, Held):
            reserve_face(terms, made.enrolment)
        else:
            take_face(terms, made)
        return made


def expiry(gallery: Gallery, provenance: Provenance, today: date) -> date:
    """The day on which a picture enrolled today expires: the shortest of the rules that apply.

    Today is the agency's calendar day, whoever enrols the picture from wherever.
    """
    days = min(gallery.retention_days, provenance.register.retention_days)
    by_rule = today + timedelta(days=days)
    return min(by_rule, provenance.expires_on or by_rule)


def write_picture(
    actor: Actor,
    files: NewFiles,
    gallery: Gallery,
    reference: str,
    picture: NewPicture,
    provenance: Provenance,
    *,
    by: Requested | None,
    today: date,
) -> FaceImage | Held:
    """Subject, image, template and record of one picture, in the open transaction.

    `today` is the agency's calendar day. A picture that resembles another subject of the gallery is
    held instead, unless a person has decided on it. Raises IntegrityError when the gallery has this
    very file.
    """
    refuse_erased(files.store, picture.sha256)
    row = contract_of(gallery, picture.contract)
    comparison, subject = NOT_COMPARED, known_subject(gallery, reference)
    if not (isinstance(by, Enrolment) and by.is_cleared):
        comparison = compare(gallery, row, picture, subject)
    if comparison.hit is not None:
        given = {"gallery": gallery, "reference": reference, **_given(provenance)}
        return hold_picture(actor, files, picture, comparison, by=by, **given)
    if comparison.was_made:  # it may have waited for another one of this subject
        subject = known_subject(gallery, reference)
    image = _new_image(
        *(actor, files, subject or new_subject(gallery, reference), picture, provenance),
        by=by,
        gallery=gallery,
        duplicates_checked=comparison.was_made,
        expires_on=expiry(gallery, provenance, today),
    )
    _store(actor, image, picture, row.pk)
    return image


def _given(provenance: Provenance) -> dict[str, Any]:
    """What of a provenance is kept with a picture as it was given."""
    return {
        "register": provenance.register,
        "collected_on": provenance.collected_on,
        "expires_given": provenance.expires_on,
    }


def _store(actor: Actor, image: FaceImage, picture: NewPicture, contract_pk: int) -> None:
    """Image, template and record."""
    image.save(force_insert=True)
    vector = picture.found.vector
    template = NewTemplate(image.gallery_id, image.subject_id, image.pk, vector)
    add_templates(contract_pk, [template])
    facts = {"gallery": str(image.gallery_id), "subject": str(image.subject_id)}
    facts |= {"sha256": image.sha256, "contract": picture.contract.id}
    record(actor, Action.IMAGE_ENROLLED, image, facts)


def _new_image(
    actor: Actor,
    files: NewFiles,
    subject: Subject,
    picture: NewPicture,
    provenance: Provenance,
    *,
    by: Requested | None,
    **facts: Any,
) -> FaceImage:
    measures = picture.found.measures
    return FaceImage(
        subject=subject,
        sha256=picture.sha256,
        file_key=files.put(picture.data),
        portrait_key=files.put(picture.found.portrait),
        media_type=picture.media_type,
        face=picture.found.face.as_json(),
        measures=measures.as_json() if measures else {},
        rank=round(rank(measures), 4) if measures else 0.0,
        quarter_turns=picture.found.quarter_turns,
        source=provenance.register.name,
        legal_basis=provenance.register.legal_basis,
        enrolled_by_id=by.requested_by_id if by else actor.user_id,
        enrolled_by_label=by.requested_by_label if by else actor.label,
        **_given(provenance),
        **facts,
    )
