"""Pictures whose time is over, holds, and a run, for the tests of the retention."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from hashlib import sha256

import pytest
from django.utils import timezone

from accounts.access import today_at
from accounts.actor import command_actor
from accounts.models import Agency
from galleries.models import HoldTarget, LegalHold, RetentionRun
from galleries.services.holds import Held, place_hold, release_hold
from galleries.services.retention import run_by_hand
from searches.measuring import NewPicture
from searches.models import FaceImage, Gallery, Subject
from searches.recognition import EnrolledFace
from searches.services.enrolment import Provenance, enrol_picture
from searches.services.galleries import main_register
from tests.factories import COLLECTED_ON, CONTRACT, FACE, make_gallery, make_image, unit

REASON = "Court order 12/2026 of the district court"


@contextmanager
def clock_at(moment: datetime) -> Iterator[None]:
    """What is done inside is done at this moment, as far as Python tells the time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(timezone, "now", lambda: moment)
        yield


def make_expired(gallery: Gallery, reference: str, days: int = 0) -> FaceImage:
    """A picture that expired `days` ago, at the beginning of that day."""
    image = make_image(gallery, reference)
    day = today_at(gallery.agency_id) - timedelta(days=days)
    return expires(image, day)


def expires(image: FaceImage, day: date) -> FaceImage:
    FaceImage.objects.filter(pk=image.pk).update(expires_on=day)
    image.refresh_from_db()
    return image


def make_given(gallery: Gallery, reference: str, last: date) -> FaceImage:
    """A picture that came with a day of its own."""
    data = uuid.uuid4().bytes
    picture = NewPicture(
        data=data,
        sha256=sha256(data).hexdigest(),
        media_type="image/jpeg",
        found=EnrolledFace(FACE, 0, b"portrait", unit(1, 2, 3, 4)),
        contract=CONTRACT,
    )
    made = enrol_picture(
        actor=command_actor("test", gallery.agency_id),
        gallery=gallery,
        reference=reference,
        picture=picture,
        provenance=Provenance(main_register(gallery), COLLECTED_ON, last),
    )
    assert isinstance(made, FaceImage)
    return made


def make_hold(on: Gallery | Subject | FaceImage, reason: str = REASON) -> LegalHold:
    """A hold that the operator places."""
    return place_hold(
        actor=command_actor("test", on.agency_id),
        on=held(on),
        reason=reason,
        submission_key=uuid.uuid4(),
    )


def held(on: Gallery | Subject | FaceImage) -> Held:
    match on:
        case FaceImage():
            return Held(HoldTarget.IMAGE, on.gallery, image=on)
        case Subject():
            return Held(HoldTarget.SUBJECT, on.gallery, subject=on)
    return Held(HoldTarget.GALLERY, on)


def release(hold: LegalHold) -> LegalHold:
    actor = command_actor("test", hold.agency_id)
    return release_hold(actor=actor, hold=hold, reason="The court has lifted its order")


def make_run(agency: Agency) -> RetentionRun:
    """A run by the operator; something must have expired."""
    actor = command_actor("test", agency.pk)
    return run_by_hand(actor=actor, agency=agency, submission_key=uuid.uuid4())


def full_retention(agency: Agency) -> tuple[RetentionRun, LegalHold]:
    """A row in every table of the retention, in the agency's scope; the hold stands."""
    gallery = make_gallery(agency, "Old arrests")
    make_expired(gallery, "E-1")
    release(make_hold(gallery))
    return make_run(agency), make_hold(gallery)
