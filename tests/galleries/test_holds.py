"""What is under a legal hold stays: nobody erases it, and nothing of it leaves."""

import uuid
from collections.abc import Callable

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.access import actor_of
from accounts.actor import command_actor
from accounts.models import Agency, Membership, User
from galleries.models import ErasureTarget, HoldTarget, LegalHold
from galleries.services.holds import holds_on, place_hold, release_hold, require_no_hold
from portal.audit.models import AuditEntry
from searches.faults import Fault
from searches.marked import NO_REFERENCE
from searches.models import FaceImage, Gallery, Subject
from tests.factories import make_gallery, make_image
from tests.galleries.cast_retention import REASON, held, make_hold, release

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("bells")]

EMPTY_IMAGE = {"sha256": "", "file_key": "", "portrait_key": ""}


@pytest.fixture
def gallery(in_alder: Agency) -> Gallery:
    return make_gallery(in_alder)


def empty_image(image: FaceImage) -> None:
    with transaction.atomic():
        FaceImage.objects.filter(pk=image.pk).update(erased_at=timezone.now(), **EMPTY_IMAGE)


def empty_subject(subject: Subject) -> None:
    with transaction.atomic():
        Subject.objects.filter(pk=subject.pk).update(erased_at=timezone.now(), **NO_REFERENCE)


def empty_gallery(gallery: Gallery) -> None:
    with transaction.atomic():
        Gallery.objects.filter(pk=gallery.pk).update(erased_at=timezone.now())


Chosen = Callable[[FaceImage], Gallery | Subject | FaceImage]
ON: dict[HoldTarget, Chosen] = {
    HoldTarget.IMAGE: lambda image: image,
    HoldTarget.SUBJECT: lambda image: image.subject,
    HoldTarget.GALLERY: lambda image: image.gallery,
}


def attempts(image: FaceImage) -> list[tuple[ErasureTarget, uuid.UUID, Callable[[], None]]]:
    """All that could take the picture away: by itself, with its subject, with its gallery."""
    return [
        (ErasureTarget.IMAGES, image.pk, lambda: empty_image(image)),
        (ErasureTarget.SUBJECTS, image.subject_id, lambda: empty_subject(image.subject)),
        (ErasureTarget.GALLERY, image.gallery_id, lambda: empty_gallery(image.gallery)),
    ]


@pytest.mark.parametrize("on", list(ON))
def test_nothing_that_a_hold_keeps_is_emptied(gallery: Gallery, on: HoldTarget) -> None:
    image = make_image(gallery, "P-1")
    hold = make_hold(ON[on](image))
    for target, pk, empty in attempts(image):
        with pytest.raises(Fault, match="image_under_hold"):
            require_no_hold(target, [pk])
        with pytest.raises(IntegrityError, match="image_under_hold"):
            empty()
    release(hold)
    for target, pk, empty in attempts(image):
        require_no_hold(target, [pk])
        empty()
    assert not FaceImage.objects.exists()
    assert not Gallery.objects.exists()


def test_a_hold_keeps_nothing_else(gallery: Gallery) -> None:
    kept = make_image(gallery, "P-1")
    sibling, stranger = make_image(gallery, "P-1"), make_image(gallery, "P-2")
    other = make_image(make_gallery(Agency.objects.get(pk=gallery.agency_id), "Other"), "P-1")
    make_hold(kept)
    make_hold(make_image(gallery, "P-3").subject)
    for image in (sibling, stranger, other):
        require_no_hold(ErasureTarget.IMAGES, [image.pk])
        empty_image(image)
    require_no_hold(ErasureTarget.SUBJECTS, [stranger.subject_id])
    empty_subject(stranger.subject)
    empty_gallery(other.gallery)
    assert holds_on(ErasureTarget.IMAGES, [kept.pk, stranger.pk]).count() == 1
    assert holds_on(ErasureTarget.PROBE, [kept.pk]).count() == 0


def test_what_is_held_does_not_leave_what_is_held(gallery: Gallery) -> None:
    image, other = make_image(gallery, "P-1"), make_image(gallery, "P-2")
    elsewhere = make_gallery(Agency.objects.get(pk=gallery.agency_id), "Other")
    hold = make_hold(image.subject)
    mine = FaceImage.objects.filter(pk=image.pk)
    for leaving in (
        lambda: mine.update(subject=other.subject),
        lambda: mine.update(gallery=elsewhere),
        lambda: Subject.objects.filter(pk=image.subject_id).update(gallery=elsewhere),
        lambda: mine.delete(),
    ):
        with pytest.raises(IntegrityError, match="image_under_hold"), transaction.atomic():
            leaving()
    release(hold)
    with transaction.atomic():
        mine.update(subject=other.subject)
        assert FaceImage.objects.get(pk=image.pk).subject == other.subject
        transaction.set_rollback(True)  # its template would have to move as well


def test_each_of_two_holds_is_released_for_itself(gallery: Gallery) -> None:
    image = make_image(gallery, "P-1")
    first, _ = make_hold(image), make_hold(image, "A second court wants it as well")
    release(first)
    with pytest.raises(Fault, match="image_under_hold"):
        require_no_hold(ErasureTarget.IMAGES, [image.pk])


def test_a_hold_is_sealed_recorded_and_never_changed(gallery: Gallery) -> None:
    hold = make_hold(gallery)
    hold.refresh_from_db()
    assert hold.reason == REASON
    assert REASON.encode() not in bytes(hold.reason_sealed)
    entry = AuditEntry.objects.get(action="hold.placed")
    facts = {"target": "gallery", "held": str(gallery.pk), "gallery": str(gallery.pk)}
    assert (entry.data, bool(entry.content_digest)) == (facts, True)
    rows = LegalHold.objects.filter(pk=hold.pk)
    for change in (
        {"reason_sealed": b"x"},
        {"placed_by_label": "somebody"},
        {"released_at": timezone.now()},
        {"released_at": timezone.now(), "released_by_label": "x"},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.update(**change)
    with pytest.raises(IntegrityError), transaction.atomic():
        rows.delete()
    done = release(hold)
    assert (done.released_by_label, done.is_standing) == ("operator (test)", False)
    assert done.release_reason == "The court has lifted its order"
    with pytest.raises(Fault, match="hold_released"):
        release(hold)
    with pytest.raises(IntegrityError, match="hold_released"), transaction.atomic():
        rows.update(released_at=None, released_by_label="", release_sealed=b"")
    assert AuditEntry.objects.filter(action="hold.released").count() == 1


def test_a_double_click_places_one_hold(gallery: Gallery) -> None:
    actor, key = command_actor("test", gallery.agency_id), uuid.uuid4()
    both = {
        place_hold(actor=actor, on=held(gallery), reason=REASON, submission_key=key).pk
        for _ in range(2)
    }
    assert len(both) == LegalHold.objects.count() == 1


def test_a_reason_is_needed_for_both(gallery: Gallery) -> None:
    actor = command_actor("test", gallery.agency_id)
    with pytest.raises(Fault, match="reason_too_short"):
        place_hold(actor=actor, on=held(gallery), reason="  x ", submission_key=uuid.uuid4())
    hold = make_hold(gallery)
    with pytest.raises(Fault, match="reason_too_short"):
        release_hold(actor=actor, hold=hold, reason="")
    hold.refresh_from_db()
    assert hold.is_standing
    assert LegalHold.objects.count() == 1


def test_what_is_gone_cannot_be_held(gallery: Gallery) -> None:
    image = make_image(gallery, "P-1")
    empty_image(image)
    with pytest.raises(Fault, match="hold_target_gone"):
        make_hold(image)
    assert not LegalHold.objects.exists()


def test_only_who_manages_galleries_places_and_releases(gallery: Gallery, ana: User) -> None:
    hold, agency = make_hold(gallery), Agency.objects.get(pk=gallery.agency_id)
    analyst = actor_of(ana, agency, Membership.objects.get(user=ana), "127.0.0.1")
    with pytest.raises(PermissionDenied):
        place_hold(actor=analyst, on=held(gallery), reason=REASON, submission_key=uuid.uuid4())
    with pytest.raises(PermissionDenied):
        release_hold(actor=analyst, hold=hold, reason=REASON)
    hold.refresh_from_db()
    assert hold.is_standing
    assert LegalHold.objects.count() == 1
