"""Hygiene runs: what is found in galleries whose oddities are known, and how a run goes on."""

import copy
import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from accounts.actor import Actor, command_actor
from accounts.models import Agency, User
from galleries import hygiene as sums
from galleries.hygiene import Population, Thresholds, means_of, oddities, population_of
from galleries.models import HygieneRun, ReviewDecision, ReviewItem, ReviewKind
from galleries.services import findings, hygiene
from galleries.services.hygiene import request_hygiene, run_hygiene
from galleries.services.reviewing import decide_review
from portal.audit.actions import Action
from portal.audit.models import AuditEntry
from portal.tenancy import scope
from searches.faults import Fault
from searches.models import DuplicateCheck, Gallery, JobState
from searches.services import jobs
from searches.services.enrolment import run_enrolment
from searches.services.sweeping import sweep
from tests.conftest import Once
from tests.factories import make_enrolment, make_gallery, make_image, person_jpeg
from tests.galleries.helpers import checking

Matrix = NDArray[np.float32]


# --- The sums -----------------------------------------------------------------------------------


def random_population(seed: int, people: int, most: int, dimension: int = 16) -> Population:
    """People with one to `most` pictures each, around centres of their own."""
    rng = np.random.default_rng(seed)
    rows, owners = [], []
    for person in range(people):
        centre = rng.normal(size=dimension)
        for _ in range(int(rng.integers(1, most + 1))):
            rows.append(centre + 0.6 * rng.normal(size=dimension))
            owners.append(uuid.UUID(int=person))
    vectors = np.array(rows)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    images = [uuid.UUID(int=number) for number in range(len(rows))]
    return population_of(images, owners, vectors.astype(np.float16))


@dataclass
class Plain:
    """The same sums in the plainest way, pair by pair."""

    population: Population

    def __post_init__(self) -> None:
        rows = self.population.vectors.astype(np.float64)
        self.similar = rows @ rows.T
        codes = self.population.codes
        self.same = codes[:, None] == codes[None, :]
        self.itself = np.eye(len(rows), dtype=bool)

    def own(self, row: int) -> NDArray[np.float64]:
        own: NDArray[np.float64] = self.similar[row][self.same[row] & ~self.itself[row]]
        return own

    def others(self, row: int) -> NDArray[np.float64]:
        return np.where(self.same[row], -2.0, self.similar[row])


@pytest.mark.parametrize("columns", [7, 8192])
@pytest.mark.parametrize("seed", range(4))
def test_means_and_closest_are_those_of_all_pairs(
    monkeypatch: pytest.MonkeyPatch, seed: int, columns: int
) -> None:
    monkeypatch.setattr(sums, "COLUMNS", columns)
    population = random_population(seed, 30, 4)
    plain, means = Plain(population), means_of(population)
    rows = slice(5, 60)
    closest = sums._closest(population, rows, np.zeros((0, 2), np.int64))
    for row in range(rows.start, rows.stop):
        own, others = plain.own(row), plain.others(row)
        if len(own):
            assert means.own[row] == pytest.approx(own.mean(), abs=2e-3)
        else:
            assert np.isnan(means.own[row])
        strangers = plain.similar[row][~plain.same[row]]
        assert means.strangers[row] == pytest.approx(strangers.mean(), abs=2e-3)
        at = row - rows.start
        assert closest.other[at] == pytest.approx(others.max(), abs=2e-3)
        assert others[closest.place[at]] == pytest.approx(others.max(), abs=2e-3)
        assert closest.own[at] == pytest.approx(max(own, default=-2.0), abs=2e-3)
        assert abs(sums._alike(population, row, 0.4) - (others >= 0.4).sum()) <= 1


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), start=st.integers(0, 40))
def test_findings_hold_what_they_say(seed: int, start: int) -> None:
    population = random_population(seed, 25, 4, dimension=8)
    means = means_of(population)
    thresholds = sums.thresholds_of(population, means, 0.8)
    start = min(start, len(population.images) - 1)
    for one in oddities(population, means, thresholds, np.zeros((0, 2), np.int64), start):
        assert start <= one.image < start + sums.ROWS
        assert one.similarity != pytest.approx(-2.0)
        if one.other is not None:
            assert population.codes[one.image] != population.codes[one.other]
            assert one.similarity >= one.threshold
        elif one.kind == ReviewKind.OUTLIER:
            assert one.similarity < one.threshold
        else:
            assert one.similarity > one.threshold


def test_people_told_apart_are_passed_over() -> None:
    population = random_population(1, 30, 4)
    means = means_of(population)
    thresholds = Thresholds(0.3, None, None)
    nobody = np.zeros((0, 2), np.int64)
    (first, *_) = oddities(population, means, thresholds, nobody, 0)
    pair = [population.codes[first.image], population.codes[first.other or 0]]
    for one in oddities(population, means, thresholds, np.array([pair]), 0):
        assert {population.codes[one.image], population.codes[one.other or 0]} != set(pair)


# --- A run --------------------------------------------------------------------------------------


@pytest.fixture
def actor(in_alder: Agency) -> Actor:
    return command_actor("test", in_alder.pk)


@pytest.fixture
def gallery(in_alder: Agency, request: pytest.FixtureRequest) -> Gallery:
    """An empty one, or the one that holds the oddities where a test asks for them."""
    if "odd" in request.fixturenames:
        shared: Odd = request.getfixturevalue("_odd")
        return copy.deepcopy(shared.gallery)
    return make_gallery(in_alder)


def cluster(centre: Matrix, seed: int, spread: float) -> Matrix:
    vector = centre + spread * np.random.default_rng(seed).normal(size=centre.size)
    made: Matrix = (vector / np.linalg.norm(vector)).astype(np.float32)
    return made


@dataclass
class Odd:
    """A gallery, and its odd pictures by their names."""

    gallery: Gallery
    names: dict[str, uuid.UUID]


@pytest.fixture
def odd(_odd: Odd, db: None) -> dict[str, uuid.UUID]:
    """Forty tidy people of three pictures each, and one oddity of every kind."""
    return _odd.names


@pytest.fixture(scope="module")
def _odd(of_module: Once, _alder: Agency, models: object) -> Odd:
    def make() -> Odd:
        with scope(_alder.pk):
            return _with_oddities(make_gallery(_alder, "Oddities"))

    return of_module(make)


def _with_oddities(gallery: Gallery) -> Odd:
    rng = np.random.default_rng(7)
    centres = rng.normal(size=(43, 48))
    centres /= np.linalg.norm(centres, axis=1, keepdims=True)
    for person in range(40):
        for picture in range(3):
            vector = cluster(centres[person], person * 3 + picture, 0.05)
            make_image(gallery, f"T-{person:02d}", vector)
    twin = make_image(gallery, "TWIN", cluster(centres[0], 500, 0.05))
    wrong = make_image(gallery, "T-01", cluster(centres[2], 501, 0.05))
    outlier = make_image(gallery, "T-03", cluster(centres[41], 502, 0.05))
    middle = centres[:40].sum(axis=0) / np.linalg.norm(centres[:40].sum(axis=0))
    everyone = make_image(gallery, "EVERY", middle.astype(np.float32))
    checking(gallery, 0.8)
    names = {"twin": twin, "wrong": wrong, "outlier": outlier, "everyone": everyone}
    return Odd(gallery, {name: image.pk for name, image in names.items()})


def run(actor: Actor, gallery: Gallery) -> HygieneRun:
    made = request_hygiene(actor=actor, gallery=gallery, submission_key=uuid.uuid4())
    run_hygiene(made.pk)
    made.refresh_from_db()
    return made


def found(kind: ReviewKind) -> list[uuid.UUID]:
    return list(ReviewItem.objects.filter(kind=kind).values_list("image_id", flat=True))


def pairs_of(*kinds: ReviewKind, **of: HygieneRun) -> set[frozenset[str]]:
    rows = ReviewItem.objects.filter(kind__in=kinds, **of)
    both = rows.select_related("subject", "other_subject")
    return {frozenset((row.subject.reference, row.other_subject.reference)) for row in both}


@pytest.mark.usefixtures("bells", "models")
def test_a_run_finds_the_oddities_and_nothing_else(
    gallery: Gallery, actor: Actor, odd: dict[str, uuid.UUID]
) -> None:
    made = run(actor, gallery)
    assert (made.state, made.compared, made.total) == (JobState.DONE, 124, 124)
    assert found(ReviewKind.CLOSER) == [odd["wrong"]]
    assert found(ReviewKind.EVERYONE) == [odd["everyone"]]
    assert odd["outlier"] in found(ReviewKind.OUTLIER)
    assert pairs_of(ReviewKind.DUPLICATE) == {frozenset(("TWIN", "T-00"))}
    assert made.counts[ReviewKind.CLOSER] == 1
    entry = AuditEntry.objects.get(action=Action.HYGIENE_FINISHED)
    assert entry.data["images"] == 124
    assert entry.data["findings"] == sum(made.counts.values())


@pytest.mark.usefixtures("bells", "models")
def test_what_was_kept_is_not_asked_again(
    gallery: Gallery, actor: Actor, odd: dict[str, uuid.UUID]
) -> None:
    run(actor, gallery)
    asked = ReviewItem.objects.count()
    run(actor, gallery)
    assert ReviewItem.objects.count() == asked, "an open question is not put twice"
    for item in ReviewItem.objects.all():
        decide_review(actor=actor, item=item, decision=ReviewDecision.KEEP)
    last = run(actor, gallery)
    assert ReviewItem.objects.count() == asked
    # What was told apart is not found at all; what is odd by itself is counted.
    assert last.counts[ReviewKind.DUPLICATE] == 0
    assert last.counts[ReviewKind.EVERYONE] == 1


@pytest.mark.usefixtures("models")
def test_a_run_goes_on_at_the_next_bell(
    gallery: Gallery,
    actor: Actor,
    odd: dict[str, uuid.UUID],
    bells: list[tuple[str, tuple[object, ...]]],
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Any,
) -> None:
    """A slice of one block at a time finds the same."""
    whole = run(actor, gallery)
    both = (ReviewKind.CLOSER, ReviewKind.DUPLICATE)
    alone = ReviewItem.objects.filter(other_subject=None)
    expected = pairs_of(*both), sorted(alone.values_list("kind", "image_id"))
    for item in ReviewItem.objects.all():
        decide_review(actor=actor, item=item, decision=ReviewDecision.KEEP)
    # As if nobody had decided anything: the second run asks the same again.
    monkeypatch.setattr(findings, "_settled", lambda rows: set())
    monkeypatch.setattr(hygiene, "apart_pairs", lambda of: set())
    monkeypatch.setattr(sums, "ROWS", 50)
    monkeypatch.setattr(hygiene, "ROWS", 50)
    clock = iter(range(100))
    monkeypatch.setattr(
        "galleries.services.hygiene.time.monotonic", lambda: float(next(clock)) * 0.5
    )
    monkeypatch.setattr(hygiene, "SLICE", 0.75)  # one block
    with django_capture_on_commit_callbacks(execute=True):
        made = request_hygiene(actor=actor, gallery=gallery, submission_key=uuid.uuid4())
    seen = []
    for _ in range(3):
        with django_capture_on_commit_callbacks(execute=True):
            run_hygiene(made.pk)
        made.refresh_from_db()
        seen.append((made.state, made.compared))
    assert seen == [(JobState.QUEUED, 50), (JobState.QUEUED, 100), (JobState.DONE, 124)]
    assert bells.count((hygiene.TASK, (gallery.agency_id, str(made.pk)))) == 3
    new = alone.filter(run=made)
    assert (pairs_of(*both, run=made), sorted(new.values_list("kind", "image_id"))) == expected
    assert made.thresholds == whole.thresholds


@pytest.mark.usefixtures("bells", "models")
def test_a_lost_claim_writes_nothing(
    gallery: Gallery,
    actor: Actor,
    odd: dict[str, uuid.UUID],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = request_hygiene(actor=actor, gallery=gallery, submission_key=uuid.uuid4())
    original = findings.add_findings

    def taken_over(*args: Any) -> None:
        original(*args)
        HygieneRun.objects.filter(pk=made.pk).update(claim=uuid.uuid4())

    monkeypatch.setattr(hygiene, "add_findings", taken_over)
    run_hygiene(made.pk)
    made.refresh_from_db()
    assert (made.state, made.compared) == (JobState.RUNNING, 0)
    assert not ReviewItem.objects.exists()


@pytest.mark.usefixtures("bells", "models")
def test_one_run_at_a_time(gallery: Gallery, actor: Actor, odd: dict[str, uuid.UUID]) -> None:
    key = uuid.uuid4()
    first = request_hygiene(actor=actor, gallery=gallery, submission_key=key)
    assert request_hygiene(actor=actor, gallery=gallery, submission_key=key).pk == first.pk
    with pytest.raises(Fault) as caught:
        request_hygiene(actor=actor, gallery=gallery, submission_key=uuid.uuid4())
    assert caught.value.code == "hygiene_running"
    assert HygieneRun.objects.count() == 1


@pytest.mark.usefixtures("bells")
def test_an_empty_gallery_has_no_run(gallery: Gallery, actor: Actor) -> None:
    with pytest.raises(Fault) as caught:
        request_hygiene(actor=actor, gallery=gallery, submission_key=uuid.uuid4())
    assert caught.value.code == "gallery_empty"


@pytest.mark.usefixtures("bells", "models")
def test_who_may_not_start_a_run(
    gallery: Gallery, odd: dict[str, uuid.UUID], in_alder: Agency, ana: User, as_actor: Any
) -> None:
    with pytest.raises(PermissionDenied):
        request_hygiene(actor=as_actor(ana, in_alder), gallery=gallery, submission_key=uuid.uuid4())
    assert not HygieneRun.objects.exists()


@pytest.mark.usefixtures("models")
def test_the_sweeper_rings_for_a_run(
    gallery: Gallery,
    actor: Actor,
    odd: dict[str, uuid.UUID],
    bells: list[tuple[str, tuple[object, ...]]],
    django_capture_on_commit_callbacks: Any,
) -> None:
    made = request_hygiene(actor=actor, gallery=gallery, submission_key=uuid.uuid4())
    HygieneRun.objects.update(rung_at=timezone.now() - timedelta(hours=1))
    bells.clear()
    with django_capture_on_commit_callbacks(execute=True):
        sweep()
    assert (hygiene.TASK, (gallery.agency_id, str(made.pk))) in bells


@pytest.mark.usefixtures("bells")
def test_a_run_that_gives_up_is_recorded(
    gallery: Gallery, actor: Actor, odd: dict[str, uuid.UUID]
) -> None:
    made = request_hygiene(actor=actor, gallery=gallery, submission_key=uuid.uuid4())
    with jobs.claimed(HygieneRun, made.pk) as job:
        assert job is not None
        hygiene._fail(job, "gave_up")
    assert AuditEntry.objects.get(action=Action.HYGIENE_FAILED).data["code"] == "gave_up"


@pytest.mark.usefixtures("bells", "models")
def test_drawn_people(gallery: Gallery, actor: Actor) -> None:
    """With the real engine: a person under two references is found, in a gallery without check."""
    assert gallery.duplicate_check == DuplicateCheck.OFF
    pictures = [("A", 1, 0), ("A", 1, 1), ("B", 2, 0), ("C", 3, 0), ("D", 1, 2)]
    for reference, person, picture in pictures:
        run_enrolment(make_enrolment(gallery, reference, person_jpeg(person, picture)).pk)
    checking(gallery, 0.975)
    made = run(actor, gallery)
    pairs = {
        frozenset((item.subject.reference, item.other_subject.reference))
        for item in ReviewItem.objects.exclude(other_subject=None)
    }
    assert pairs == {frozenset("AD")}
    assert made.scale.startswith("cosine, dlib")
