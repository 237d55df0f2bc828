"""What has expired is removed each night of its agency, once, with a receipt that is signed."""

import uuid
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
import rfc8785
from django.core.exceptions import PermissionDenied
from django.db import transaction

from accounts.access import actor_of, today_at
from accounts.actor import command_actor
from accounts.models import Agency, Membership, User
from galleries.expiring import forecast, removable
from galleries.models import Erasure, ErasureCause, ErasureTarget, RetentionRun
from galleries.services import retention
from galleries.services.erasing import request_erasure
from galleries.services.retention import KIND, run_by_hand, run_due
from portal import signing
from portal.audit.models import AuditEntry
from portal.tenancy import platform_scope, scope
from searches.faults import Fault
from searches.models import Gallery
from searches.services.galleries import main_register
from tests.factories import make_gallery, make_image
from tests.galleries.cast_retention import expires, make_expired, make_hold, make_run, release

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("bells")]


@pytest.fixture
def gallery(in_alder: Agency) -> Gallery:
    return make_gallery(in_alder)


def night(agency: Agency, hour: int = 3) -> datetime:
    """An hour of the agency's present day, by UTC."""
    return datetime.combine(today_at(agency.pk), datetime.min.time(), UTC).replace(hour=hour)


def asked() -> set[uuid.UUID]:
    return {pk for erasure in Erasure.objects.all() for pk in erasure.target_ids}


def test_what_has_expired_is_asked_for_and_nothing_else(gallery: Gallery, alder: Agency) -> None:
    gone = [make_expired(gallery, "P-1", days=3), make_expired(gallery, "P-2")]
    tomorrow = expires(make_image(gallery, "P-3"), today_at(alder.pk) + timedelta(days=1))
    make_image(gallery, "P-4")
    assert run_due(night(alder)) == 1
    assert asked() == {image.pk for image in gone}
    erasure, run = Erasure.objects.get(), RetentionRun.objects.get()
    assert (erasure.target, erasure.cause) == (ErasureTarget.IMAGES, ErasureCause.EXPIRED)
    assert (erasure.requested_by_label, run.by_hand) == ("system (retention)", False)
    assert (run.images, run.held, run.erasures) == (2, 0, [erasure.pk])
    assert tomorrow.pk not in asked()


def test_it_runs_once_a_day_and_only_when_the_night_has_come(
    gallery: Gallery, alder: Agency
) -> None:
    make_expired(gallery, "P-1")
    assert run_due(night(alder, 0)) == 0
    assert run_due(night(alder, 1)) == 1
    make_expired(gallery, "P-2")
    assert run_due(night(alder, 2)) == 0
    assert run_due(night(alder, 22)) == 0
    assert run_due(night(alder, 1) + timedelta(days=1)) == 1
    assert [run.images for run in RetentionRun.objects.order_by("at")] == [1, 1]


def test_the_night_is_the_agencys_own(gallery: Gallery, alder: Agency) -> None:
    with platform_scope():
        Agency.objects.filter(pk=alder.pk).update(time_zone="Pacific/Auckland")
    image = make_image(gallery, "P-1")
    # In summer it is 13 hours later there.
    evening, midnight, morning = (datetime(2026, 12, 10, h, 30, tzinfo=UTC) for h in (10, 11, 12))
    expires(image, morning.date() + timedelta(days=1))
    assert (run_due(evening), asked()) == (1, set())
    assert (run_due(midnight), asked()) == (0, set())
    assert (run_due(morning), asked()) == (1, {image.pk})


def test_a_picture_that_an_erasure_is_under_way_for_is_not_asked_for_twice(
    gallery: Gallery, alder: Agency
) -> None:
    images = [make_expired(gallery, f"P-{n}") for n in range(3)]
    other = make_expired(make_gallery(alder, "Other"), "P-1")
    free = make_expired(gallery, "P-9")
    for target, pk in (
        (ErasureTarget.IMAGES, images[0].pk),
        (ErasureTarget.SUBJECTS, images[1].subject_id),
        (ErasureTarget.GALLERY, other.gallery_id),
    ):
        request_erasure(
            actor=command_actor("test", alder.pk),
            target=target,
            ids=[pk],
            cause=ErasureCause.ORDER,
            reason="The court has ordered it",
            submission_key=uuid.uuid4(),
        )
    run = make_run(alder)
    assert run.images == 2
    assert set(Erasure.objects.get(pk=run.erasures[0]).target_ids) == {images[2].pk, free.pk}
    with pytest.raises(Fault, match="retention_nothing_due"):
        make_run(alder)


def test_what_is_held_stays_until_it_is_released(gallery: Gallery, alder: Agency) -> None:
    image, other = make_expired(gallery, "P-1"), make_expired(gallery, "P-2")
    hold = make_hold(image.subject)
    run = make_run(alder)
    assert (run.images, run.held, asked()) == (1, 1, {other.pk})
    release(hold)
    again = make_run(alder)
    assert (again.images, again.held) == (1, 0)
    assert image.pk in asked()


def test_many_are_asked_for_in_parts_of_one_gallery(
    gallery: Gallery, alder: Agency, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "IMAGES_AT_ONCE", 2)
    second = make_gallery(alder, "Second")
    images = [make_expired(one, f"P-{n}") for n in range(3) for one in (gallery, second)]
    run = make_run(alder)
    parts = [Erasure.objects.get(pk=pk) for pk in run.erasures]
    assert sorted(len(part.target_ids) for part in parts) == [1, 1, 2, 2]
    assert {part.gallery_id for part in parts} == {gallery.pk, second.pk}
    assert asked() == {image.pk for image in images}


def test_the_receipt_is_signed_and_its_digest_is_in_the_record(
    gallery: Gallery, alder: Agency
) -> None:
    make_expired(gallery, "P-1")
    make_hold(make_expired(gallery, "P-2"))
    run = make_run(alder)
    signing.verify(KIND, run.document, signing.Signature(run.key_id, run.signature))
    register = str(main_register(gallery).pk)
    counted = [{"gallery": str(gallery.pk), "register": register, "images": 1}]
    assert run.document["galleries"] == counted
    assert (run.document["images"], run.document["held"]) == (1, 1)
    assert run.document["erasures"] == [str(pk) for pk in run.erasures]
    entry = AuditEntry.objects.get(action="retention.run")
    assert entry.data["sha256"] == sha256(rfc8785.dumps(run.document)).hexdigest()
    assert entry.data["erasures"] == 1
    with pytest.raises(signing.BadSignature):
        forged = run.document | {"images": 0}
        signing.verify(KIND, forged, signing.Signature(run.key_id, run.signature))


def test_a_run_is_written_once(gallery: Gallery, alder: Agency) -> None:
    make_expired(gallery, "P-1")
    run = make_run(alder)
    rows = RetentionRun.objects.filter(pk=run.pk)
    for act in (lambda: rows.update(images=0), rows.delete):
        with pytest.raises(Exception, match=r"permission denied|does not change"):
            with transaction.atomic():
                act()
    assert RetentionRun.objects.get(pk=run.pk).images == 1


def test_the_same_submission_runs_once(gallery: Gallery, alder: Agency) -> None:
    make_expired(gallery, "P-1")
    actor, key = command_actor("test", alder.pk), uuid.uuid4()
    runs = {run_by_hand(actor=actor, agency=alder, submission_key=key).pk for _ in range(2)}
    assert len(runs) == RetentionRun.objects.count() == Erasure.objects.count() == 1


def test_nothing_to_do_by_hand_is_told_and_leaves_no_run(gallery: Gallery, alder: Agency) -> None:
    make_hold(make_expired(gallery, "P-1"))
    with pytest.raises(Fault, match="retention_nothing_due"):
        make_run(alder)
    assert not RetentionRun.objects.exists()
    assert not AuditEntry.objects.filter(action="retention.run").exists()


def test_a_run_of_the_night_with_nothing_to_do_says_so(gallery: Gallery, alder: Agency) -> None:
    make_image(gallery, "P-1")
    assert run_due(night(alder)) == 1
    run = RetentionRun.objects.get()
    assert (run.images, run.probes, run.held, run.erasures) == (0, 0, 0, [])


def test_a_run_that_fails_leaves_nothing(
    gallery: Gallery, alder: Agency, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_expired(gallery, "P-1")

    def broken(*_: object) -> None:
        raise OSError("no key")

    with monkeypatch.context() as patch:
        patch.setattr(signing, "sign", broken)
        with pytest.raises(OSError, match="no key"):
            run_due(night(alder))
    assert not Erasure.objects.exists()
    assert run_due(night(alder)) == 1


def test_only_who_erases_runs_it_by_hand(gallery: Gallery, alder: Agency, ana: User) -> None:
    make_expired(gallery, "P-1")
    analyst = actor_of(ana, alder, Membership.objects.get(user=ana), "127.0.0.1")
    with pytest.raises(PermissionDenied):
        run_by_hand(actor=analyst, agency=alder, submission_key=uuid.uuid4())
    assert not RetentionRun.objects.exists()
    assert not Erasure.objects.exists()


def test_another_agencys_pictures_are_no_affair_of_this_one(
    gallery: Gallery, alder: Agency, birch: Agency
) -> None:
    make_expired(gallery, "P-1")
    with scope(birch.pk):
        theirs = make_expired(make_gallery(birch), "P-1")
        with pytest.raises(Gallery.DoesNotExist):
            make_hold(gallery)  # not theirs to hold
    make_run(alder)
    assert theirs.pk not in asked()


def test_the_preview_says_what_the_run_removes(gallery: Gallery, alder: Agency) -> None:
    today = today_at(alder.pk)
    for n in range(2):
        make_expired(gallery, f"P-{n}")
    make_hold(make_expired(gallery, "P-7"))
    expires(make_image(gallery, "P-8"), today + timedelta(days=30))
    expires(make_image(gallery, "P-9"), today + timedelta(days=31))
    seen = forecast(today, "UTC")
    assert (seen.images, seen.held, seen.soon) == (2, 1, [(30, 1), (90, 2)])
    assert [(one.gallery, one.register, one.images) for one in seen.shares] == [
        ("Custody", "Custody register", 2)
    ]
    assert make_run(alder).images == seen.images
    assert not removable(today).exists()
