"""Whatever is kept of it, a gallery's version is what anybody works out from its pictures."""

import random
import uuid
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from hashlib import sha256

import psycopg
import pytest
from django.db import connection as here
from django.db import transaction
from django.utils import timezone
from pytest_django.plugin import DjangoDbBlocker

from accounts.models import Agency
from portal.tenancy import scope
from searches.gallery_versions import (
    changed_at,
    later_images,
    settled_version_of,
    still_holds,
    version_of,
)
from searches.models import FaceImage, Gallery, GalleryLeaf, GalleryMark, Subject
from searches.services.galleries import main_register
from tests.accounts.races import at_once, committed_agency
from tests.factories import make_gallery, make_image
from tests.galleries.emptied import empty_images
from tests.searches.committed import app_role, superuser

EACH_TEST_ALONE = True

# Few buckets, so that the pictures of the tests meet in them.
BUCKETS = ("000", "00f", "7a1", "fff")


@pytest.fixture(scope="module")
def agency(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Agency]:
    with django_db_blocker.unblock(), committed_agency() as agency:
        yield agency


@pytest.fixture
def gallery(agency: Agency, django_db_blocker: DjangoDbBlocker) -> Iterator[Gallery]:
    """A new gallery, outside any transaction."""
    with django_db_blocker.unblock(), scope(agency.pk):
        yield make_gallery(agency, f"Gallery {uuid.uuid4()}")


def add(
    gallery: Gallery,
    count: int = 1,
    bucket: str = "",
    buckets: Sequence[str] = (),
    reference: str = "P-1",
) -> list[FaceImage]:
    register = main_register(gallery)
    subject, _ = Subject.objects.get_or_create(gallery=gallery, reference=reference)
    rows = []
    for n in range(count):
        chosen = buckets[n] if buckets else bucket or random.choice(BUCKETS)
        digits = chosen + uuid.uuid4().hex[3:]
        row = FaceImage(
            id=uuid.UUID(digits),
            gallery=gallery,
            subject=subject,
            register=register,
            sha256=sha256(digits.encode()).hexdigest(),
            file_key="x",
            portrait_key="x",
            media_type="image/jpeg",
            face={},
            source="Register",
            legal_basis="Law",
            collected_on=date(2026, 1, 2),
            enrolled_by_label="test",
            expires_on=date(2027, 1, 2),
        )
        rows.append(row)
    FaceImage.objects.bulk_create(rows)
    return rows


def empty(images: Sequence[FaceImage]) -> None:
    empty_images(image.pk for image in images)


def plain(gallery: Gallery, until: datetime | None = None) -> tuple[str, int, datetime | None]:
    """The formula of the documentation, over the rows as they are."""
    buckets: dict[str, list[str]] = {}
    moments = []
    for image in FaceImage.every.filter(gallery=gallery).order_by("id"):
        if image.erased_at is None and (until is None or image.enrolled_at <= until):
            name = str(image.pk)
            buckets.setdefault(name[:3], []).append(f"{name} {image.sha256}")
            moments.append(image.enrolled_at)
    digests = [f"{name} {_hash(lines)}" for name, lines in sorted(buckets.items())]
    return _hash(digests), len(moments), max(moments, default=None)


def _hash(lines: Sequence[str]) -> str:
    return sha256("\n".join(lines).encode()).hexdigest()


def worked_out(gallery: Gallery, until: datetime | None = None) -> tuple[object, ...]:
    version = version_of(gallery.pk, until)
    return version.digest, version.images, version.until


def leaves(gallery: Gallery) -> int:
    return GalleryLeaf.objects.filter(gallery_id=gallery.pk).count()


def marks(gallery: Gallery) -> int:
    return GalleryMark.objects.filter(gallery_id=gallery.pk).count()


def test_an_empty_gallery_has_the_hash_of_nothing(gallery: Gallery) -> None:
    assert worked_out(gallery) == (sha256(b"").hexdigest(), 0, None)
    assert changed_at(gallery.pk) is None


def test_what_was_worked_out_is_kept_and_what_changed_is_not(gallery: Gallery) -> None:
    images = add(gallery, 20)
    assert worked_out(gallery) == plain(gallery)
    used = {str(image.pk)[:3] for image in images}
    assert (leaves(gallery), marks(gallery)) == (len(used), 0)
    before = changed_at(gallery.pk)
    assert before is not None
    empty(images[:1])
    assert marks(gallery) == 1
    assert changed_at(gallery.pk) > before  # type: ignore[operator]
    assert worked_out(gallery) == plain(gallery)
    assert marks(gallery) == 0
    empty(images[1:])
    assert worked_out(gallery) == (sha256(b"").hexdigest(), 0, None)


def test_what_does_not_belong_to_a_version_leaves_no_mark(gallery: Gallery) -> None:
    images = add(gallery, 3)
    version_of(gallery.pk)
    with superuser(past_triggers=True) as connection:
        connection.execute(
            "UPDATE searches_faceimage SET expires_on = '2030-01-01' WHERE id = %s", [images[0].pk]
        )
    assert marks(gallery) == 0


def test_a_kept_digest_is_used(gallery: Gallery) -> None:
    """Nothing here would be proved if everything were worked out each time."""
    add(gallery, 5, BUCKETS[0])
    right = version_of(gallery.pk).digest
    _forge(gallery, "digest = repeat('0', 64)")
    assert version_of(gallery.pk).digest != right


def test_a_digest_of_another_cluster_is_not_used(gallery: Gallery) -> None:
    """Its snapshot has numbers of transactions that mean others here."""
    add(gallery, 5)
    version_of(gallery.pk)
    _forge(gallery, "digest = repeat('0', 64), cluster = '1'")
    assert worked_out(gallery) == plain(gallery)
    kept = GalleryLeaf.objects.filter(gallery_id=gallery.pk)
    assert kept.exists()
    assert not kept.filter(cluster="1").exists()


def _forge(gallery: Gallery, values: str) -> None:
    with superuser() as connection:
        sql = f"UPDATE searches_galleryleaf SET {values} WHERE gallery_id = %s"
        assert connection.execute(sql, [gallery.pk]).rowcount > 0


@pytest.mark.parametrize(
    ("attack", "answer"),
    [
        ("UPDATE searches_galleryleaf SET digest = repeat('0', 64)", "permission denied"),
        (
            "INSERT INTO searches_galleryleaf SELECT * FROM searches_galleryleaf",
            "permission denied",
        ),
        ("DELETE FROM searches_galleryleaf", "append-only"),
        ("TRUNCATE searches_galleryleaf", "permission denied"),
        ("UPDATE searches_gallerymark SET xid = 1", "permission denied"),
        ("DELETE FROM searches_gallerymark", "append-only"),
        ("TRUNCATE searches_gallerymark", "permission denied"),
    ],
)
def test_the_app_role_forges_no_digest(
    gallery: Gallery, agency: Agency, attack: str, answer: str
) -> None:
    """The kept digests are as good as the rows: only the function that works them out writes."""
    images = add(gallery, 3)
    right = version_of(gallery.pk)
    add(gallery)
    with app_role(agency.pk) as attacker, pytest.raises(psycopg.Error, match=answer):
        attacker.execute(attack)
    assert still_holds(right)
    assert version_of(gallery.pk).images == len(images) + 1
    assert worked_out(gallery) == plain(gallery)


@pytest.mark.parametrize("seed", range(4))
def test_any_order_of_acts_gives_what_a_plain_recomputation_gives(
    gallery: Gallery, agency: Agency, seed: int
) -> None:
    chance = random.Random(seed)
    other = make_gallery(agency, f"Other {uuid.uuid4()}")
    add(other, 3)
    there: list[FaceImage] = []
    moments: list[datetime] = []
    for _ in range(60):
        act = chance.choice(["add", "add", "erase", "look", "back", "undone", "inside", "keep"])
        if act == "add":
            there += add(gallery, chance.randint(1, 4))
        elif act == "erase" and there:
            chance.shuffle(there)
            cut = chance.randint(1, 3)
            empty(there[:cut])
            there = there[cut:]
        elif act == "look":
            assert worked_out(gallery) == plain(gallery)
            moments.append(timezone.now())
        elif act == "back" and moments:
            moment = chance.choice(moments)
            assert worked_out(gallery, moment) == plain(gallery, moment)
        elif act == "undone":
            _undone(gallery)
        elif act == "inside":
            with transaction.atomic():
                there += add(gallery, 2)
                assert worked_out(gallery) == plain(gallery)
        elif act == "keep":
            version = settled_version_of(gallery.pk)
            assert still_holds(version)
    assert worked_out(gallery) == plain(gallery)
    assert worked_out(other) == plain(other)
    for moment in moments:
        assert worked_out(gallery, moment) == plain(gallery, moment)


def _undone(gallery: Gallery) -> None:
    """A version that is asked for in a transaction that is rolled back, savepoints included."""
    with transaction.atomic():
        add(gallery)
        with transaction.atomic():
            add(gallery)
            version_of(gallery.pk)
            transaction.set_rollback(True)
        assert worked_out(gallery) == plain(gallery)
        transaction.set_rollback(True)


INSERT = """
INSERT INTO searches_faceimage (
    id, agency_id, gallery_id, subject_id, sha256, file_key, portrait_key, media_type, face,
    quarter_turns, source, legal_basis, collected_on, enrolled_by_label, enrolled_at, expires_on,
    register_id, measures, rank, duplicates_checked)
SELECT %s, agency_id, gallery_id, subject_id, repeat(%s, 64), 'x', 'x', 'image/jpeg', '{}', 0,
    source, legal_basis, collected_on, enrolled_by_label, now(), expires_on, register_id,
    '{}', 0, true
FROM searches_faceimage WHERE id = %s
"""


def another(image: FaceImage, digit: str) -> tuple[uuid.UUID, str, uuid.UUID]:
    """Parameters of INSERT: another picture in the same bucket."""
    return uuid.UUID(str(image.pk)[:3] + uuid.uuid4().hex[3:]), digit, image.pk


def test_what_is_not_committed_yet_is_not_forgotten(gallery: Gallery, agency: Agency) -> None:
    """A digest that is kept while a picture is being enrolled ends with that transaction."""
    (image,) = add(gallery)
    with app_role(agency.pk) as writer:
        writer.execute(INSERT, another(image, "a"))
        assert worked_out(gallery) == plain(gallery)
        assert (version_of(gallery.pk).images, leaves(gallery)) == (1, 1)
        writer.commit()
        assert worked_out(gallery) == plain(gallery)
        assert version_of(gallery.pk).images == 2
        writer.execute(INSERT, another(image, "b"))
        assert version_of(gallery.pk).images == 2
        writer.rollback()
    assert worked_out(gallery) == plain(gallery)
    assert version_of(gallery.pk).images == 2


def test_who_enrols_waits_for_nobody(gallery: Gallery, agency: Agency) -> None:
    """Neither for another who enrols in the same bucket, nor for a version, nor that for them.

    Two pictures of one subject do wait for one another: which of them is the best is decided then.
    """
    (image,) = add(gallery)
    (other,) = add(gallery, bucket=str(image.pk)[:3], reference="P-2")
    with app_role(agency.pk) as first, app_role(agency.pk) as second:
        first.execute(INSERT, another(image, "a"))
        with transaction.atomic():
            with here.cursor() as cursor:
                cursor.execute("SET LOCAL lock_timeout = '2s'")
            assert version_of(gallery.pk).images == 2
            second.execute("SET lock_timeout = '2s'")
            second.execute(INSERT, another(other, "b"))
            second.commit()
        first.commit()
    assert worked_out(gallery) == plain(gallery)


def test_a_sealed_version_holds_whoever_commits_later(gallery: Gallery, agency: Agency) -> None:
    """A picture whose enrolment began earlier comes in after a later one that was sealed."""
    (image,) = add(gallery)
    with app_role(agency.pk) as slow:
        slow.execute(INSERT, another(image, "a"))
        (late,) = add(gallery, reference="P-2")
        careless, sealed = version_of(gallery.pk), settled_version_of(gallery.pk)
        slow.commit()
        assert not still_holds(careless)
        assert still_holds(sealed)
        assert sealed.images == 1
        assert late.pk in later_images([sealed])
        assert len(later_images([sealed])) == 2
    assert settled_version_of(gallery.pk).images == 3


def test_an_old_stamp_cannot_be_given(gallery: Gallery) -> None:
    """The database says when a picture was enrolled."""
    version = settled_version_of(gallery.pk)
    (image,) = add(gallery)
    with here.cursor() as cursor:
        cursor.execute(INSERT.replace("now()", "now() - interval '1 day'"), another(image, "c"))
    first, second = FaceImage.objects.filter(gallery=gallery).order_by("enrolled_at")
    assert (first.pk, second.sha256) == (image.pk, "c" * 64)
    assert version.images == 0


def test_a_big_erasure_holds_few_locks_and_writes_few_marks(gallery: Gallery) -> None:
    images = add(gallery, 3000)
    version_of(gallery.pk)
    with superuser(past_triggers=True) as eraser:
        eraser.execute(
            "UPDATE searches_faceimage SET erased_at = now(), sha256 = '', file_key = '',"
            " portrait_key = '', face = '{}' WHERE gallery_id = %s",
            [gallery.pk],
        )
        held = eraser.execute("SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid()")
        assert held.fetchone()[0] < 100  # type: ignore[index]
        assert version_of(gallery.pk).images == len(images)
    assert marks(gallery) == len(BUCKETS)
    assert worked_out(gallery) == (sha256(b"").hexdigest(), 0, None)


def test_many_buckets_go_in_one_pass(gallery: Gallery) -> None:
    """Also where some of them were emptied, and looked at from an earlier moment."""
    images = _spread(gallery, 600)
    assert worked_out(gallery) == plain(gallery)
    moment = timezone.now()
    later = _spread(gallery, 600)
    empty(images[:300])
    assert worked_out(gallery, moment) == plain(gallery, moment)
    assert worked_out(gallery) == plain(gallery)
    empty([*images[300:], *later])
    assert worked_out(gallery) == (sha256(b"").hexdigest(), 0, None)


def _spread(gallery: Gallery, count: int) -> list[FaceImage]:
    """Pictures in as many buckets."""
    return add(gallery, count, buckets=[f"{n:03x}" for n in range(count)])


def test_many_at_once(gallery: Gallery, agency: Agency) -> None:
    """Whoever enrols, erases and asks at the same time: in the end it is the plain recomputation,
    and no version that was sealed on the way was broken by an enrolment."""

    def enrol() -> list[FaceImage]:
        with scope(agency.pk):
            return [image for _ in range(25) for image in add(gallery, 2)]

    def erase() -> None:
        with scope(agency.pk):
            for image in add(gallery, 15):
                empty([image])

    def look() -> int:
        with scope(agency.pk):
            for _ in range(40):
                version_of(gallery.pk)
        return 40

    with scope(agency.pk):
        Subject.objects.get_or_create(gallery=gallery, reference="P-1")
    results = at_once(enrol, enrol, erase, look, look)
    assert [result for result in results if isinstance(result, Exception)] == []
    assert worked_out(gallery) == plain(gallery)
    assert version_of(gallery.pk).images == 100


def test_sealed_versions_survive_parallel_enrolment(gallery: Gallery, agency: Agency) -> None:
    def enrol() -> None:
        with scope(agency.pk):
            for _ in range(30):
                with transaction.atomic():
                    add(gallery)

    def seal() -> list[object]:
        with scope(agency.pk):
            return [settled_version_of(gallery.pk) for _ in range(30)]

    with scope(agency.pk):
        Subject.objects.get_or_create(gallery=gallery, reference="P-1")
    *_, sealed = at_once(enrol, enrol, enrol, seal)
    assert isinstance(sealed, list)
    assert len(sealed) == 30
    assert all(still_holds(version) for version in sealed)


def test_whoever_switches_the_triggers_off_is_seen(gallery: Gallery) -> None:
    images = add(gallery, 3)
    version = version_of(gallery.pk)
    with superuser(past_triggers=True) as attacker:
        attacker.execute(
            "UPDATE searches_faceimage SET sha256 = repeat('a', 64) WHERE id = %s", [images[0].pk]
        )
    assert not still_holds(version)
    assert worked_out(gallery) == plain(gallery)


@pytest.mark.django_db
def test_marks_and_digests_of_other_agencies_are_not_seen(alder: Agency, birch: Agency) -> None:
    with scope(alder.pk):
        image = make_image(make_gallery(alder), "P-1")
        own = version_of(image.gallery_id)
        assert own.images == 1
    with scope(birch.pk):
        assert version_of(image.gallery_id).images == 0
        assert changed_at(image.gallery_id) is None
