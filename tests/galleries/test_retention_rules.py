"""Until when pictures are kept, and what a change of the rules does to those that are there."""

import uuid
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from accounts.access import actor_of, today_at
from accounts.actor import Actor, command_actor
from accounts.licensing import local_day
from accounts.models import Agency, Membership, User
from galleries.services.retention_rules import apply_rules, change_retention, hold_to_rules
from portal.audit.models import AuditEntry
from portal.tenancy import platform_scope
from searches.faults import Fault
from searches.models import FaceImage, Gallery, SourceRegister
from searches.services.enrolment import Provenance, expiry, request_enrolment, run_enrolment
from searches.services.galleries import main_register
from tests.factories import COLLECTED_ON, make_gallery, make_image, person_jpeg
from tests.galleries.cast_retention import expires, make_given

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("models", "bells")]

WHY = "The law of 2026 allows five years"


@pytest.fixture
def gallery(in_alder: Agency) -> Gallery:
    return make_gallery(in_alder)


@pytest.fixture
def actor(in_alder: Agency) -> Actor:
    return command_actor("test", in_alder.pk)


def days_of(image: FaceImage) -> int:
    image.refresh_from_db()
    return (image.expires_on - today_at(image.agency_id)).days


def set_days(register: SourceRegister, days: int) -> int:
    """What the page of a register does; returns what it was before."""
    before = register.retention_days
    register.retention_days = days
    register.save(update_fields=["retention_days"])
    return before


@pytest.mark.parametrize(
    ("of_gallery", "of_register", "given", "expected"),
    [(100, 200, None, 100), (200, 100, None, 100), (200, 300, 50, 50), (50, 60, 70, 50)],
)
def test_the_shortest_of_the_three_counts(
    gallery: Gallery, of_gallery: int, of_register: int, given: int | None, expected: int
) -> None:
    gallery.retention_days = of_gallery
    register = main_register(gallery)
    register.retention_days = of_register
    today = today_at(gallery.agency_id)
    last = today + timedelta(days=given) if given else None
    provenance = Provenance(register, COLLECTED_ON, last)
    assert expiry(gallery, provenance, today) == today + timedelta(days=expected)


def test_days_are_those_of_the_agency(gallery: Gallery, actor: Actor) -> None:
    now = timezone.now()
    zones = ("Pacific/Kiritimati", "Pacific/Pago_Pago")  # 14 hours before UTC, 11 behind it
    zone = next(one for one in zones if local_day(now, one) != now.date())
    with platform_scope():
        Agency.objects.filter(pk=gallery.agency_id).update(time_zone=zone)
    Gallery.objects.update(retention_days=10)
    gallery.refresh_from_db()
    image = make_image(gallery, "P-1")
    assert image.expires_on == local_day(now, zone) + timedelta(days=10)
    change_retention(actor=actor, gallery=gallery, days=5)
    image.refresh_from_db()
    assert image.expires_on == local_day(now, zone) + timedelta(days=5)


def test_a_shorter_rule_counts_for_what_was_enrolled_before(gallery: Gallery, actor: Actor) -> None:
    old, new = (
        make_image(gallery, "P-1"),
        expires(make_image(gallery, "P-2"), today_at(gallery.agency_id)),
    )
    other = make_image(make_gallery(Agency.objects.get(pk=gallery.agency_id), "Other"), "P-1")
    assert change_retention(actor=actor, gallery=gallery, days=15) == 1
    assert (days_of(old), days_of(new), days_of(other)) == (15, 0, 1095)
    entry = AuditEntry.objects.get(action="retention.changed")
    assert entry.subject_type == "gallery"
    assert entry.data == {"before": 1095, "after": 15, "images": 1, "lengthened": False}


def test_a_shorter_rule_of_a_register_counts_in_every_gallery_of_it(
    gallery: Gallery, actor: Actor
) -> None:
    second = make_gallery(Agency.objects.get(pk=gallery.agency_id), "Second")
    images = [make_image(gallery, "P-1"), make_image(second, "P-1")]
    register = main_register(gallery)
    before = set_days(register, 20)
    assert apply_rules(actor=actor, rule=register, before=before) == 2
    assert [days_of(image) for image in images] == [20, 20]
    assert AuditEntry.objects.get(action="retention.changed").subject_type == "sourceregister"


def test_a_longer_rule_changes_nothing_that_was_promised(gallery: Gallery, actor: Actor) -> None:
    image = make_image(gallery, "P-1")
    change_retention(actor=actor, gallery=gallery, days=30)
    assert change_retention(actor=actor, gallery=gallery, days=60, reason=WHY) == 0
    assert days_of(image) == 30


def test_it_is_lengthened_when_somebody_asks_with_a_reason(gallery: Gallery, actor: Actor) -> None:
    image = make_image(gallery, "P-1")
    change_retention(actor=actor, gallery=gallery, days=30)
    with pytest.raises(Fault, match="reason_too_short"):
        change_retention(actor=actor, gallery=gallery, days=60, lengthen=True, reason="short")
    gallery.refresh_from_db()
    assert (gallery.retention_days, days_of(image)) == (30, 30)
    changed = change_retention(actor=actor, gallery=gallery, days=60, lengthen=True, reason=WHY)
    assert (changed, days_of(image)) == (1, 60)
    entry = AuditEntry.objects.filter(action="retention.changed").latest("id")
    assert entry.data["lengthened"] is True
    assert entry.content_digest


def test_it_is_never_lengthened_beyond_what_was_given(gallery: Gallery, actor: Actor) -> None:
    given = today_at(gallery.agency_id) + timedelta(days=40)
    image = make_given(gallery, "P-1", given)
    assert (days_of(image), image.expires_given) == (40, given)
    change_retention(actor=actor, gallery=gallery, days=30)
    assert days_of(image) == 30
    change_retention(actor=actor, gallery=gallery, days=500, lengthen=True, reason=WHY)
    assert days_of(image) == 40


def test_a_picture_of_the_page_keeps_the_day_that_was_given(gallery: Gallery, actor: Actor) -> None:
    given = today_at(gallery.agency_id) + timedelta(days=40)
    enrolment = request_enrolment(
        actor=actor,
        gallery=gallery,
        reference="P-1",
        provenance=Provenance(main_register(gallery), COLLECTED_ON, given),
        data=person_jpeg(1),
        submission_key=uuid.uuid4(),
    )
    run_enrolment(enrolment.pk)
    image = FaceImage.objects.get()
    assert (image.expires_on, image.expires_given) == (given, given)


def test_the_database_keeps_the_promise(gallery: Gallery) -> None:
    image = make_given(gallery, "P-1", today_at(gallery.agency_id) + timedelta(days=40))
    mine = FaceImage.objects.filter(pk=image.pk)
    later = image.expires_on + timedelta(days=1)
    for changed in ({"expires_on": later}, {"expires_given": later}, {"expires_given": None}):
        with pytest.raises(IntegrityError), transaction.atomic():
            mine.update(**changed)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('candor.lengthening', 'on', true)")
        mine.update(expires_on=later)  # beyond what was given even so
    assert days_of(image) == 40


def test_what_came_in_under_the_rule_before_is_held_to_the_new_one(
    gallery: Gallery, actor: Actor
) -> None:
    early = make_image(gallery, "P-1")
    change_retention(actor=actor, gallery=gallery, days=30)
    late = make_image(gallery, "P-2")  # `gallery` is as it was read before the change
    assert (days_of(early), days_of(late)) == (30, 1095)
    assert hold_to_rules() == 1
    assert (days_of(early), days_of(late)) == (30, 30)
    assert hold_to_rules() == 0


@pytest.mark.parametrize("days", [0, 36501])
def test_a_rule_has_its_bounds(gallery: Gallery, actor: Actor, days: int) -> None:
    with pytest.raises(Fault, match="retention_out_of_range"):
        change_retention(actor=actor, gallery=gallery, days=days)


def test_the_same_rule_again_is_no_change(gallery: Gallery, actor: Actor) -> None:
    with pytest.raises(Fault, match="retention_unchanged"):
        change_retention(actor=actor, gallery=gallery, days=1095)
    assert not AuditEntry.objects.filter(action="retention.changed").exists()


def test_only_who_manages_galleries_changes_a_rule(gallery: Gallery, ana: User) -> None:
    image, agency = make_image(gallery, "P-1"), Agency.objects.get(pk=gallery.agency_id)
    analyst = actor_of(ana, agency, Membership.objects.get(user=ana), "127.0.0.1")
    with pytest.raises(PermissionDenied):
        change_retention(actor=analyst, gallery=gallery, days=1)
    with pytest.raises(PermissionDenied):
        apply_rules(actor=analyst, rule=gallery, before=1)
    gallery.refresh_from_db()
    assert (gallery.retention_days, days_of(image)) == (1095, 1095)
