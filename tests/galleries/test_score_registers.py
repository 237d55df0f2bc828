"""A source register whose pictures change is watched by itself: who is told, and of what."""

from typing import Any
from uuid import UUID

import numpy as np
import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Agency, Notification, NotificationKind, Role, User
from galleries.services import score_sweeping
from galleries.services.score_measuring import measure_scores
from portal.audit.actions import Action
from portal.audit.models import AuditEntry
from portal.tenancy import scope
from searches.models import Gallery, JobState, ScoreMeasurement, SourceRegister
from searches.scores.distribution import Distribution
from searches.scores.drift import register_shifts
from searches.vectors import remove_templates
from tests.conftest import join
from tests.factories import make_gallery, make_image, unit
from tests.galleries.test_pages import other_register

CUSTODY, PRISON, EACH = "Custody register", "Prison", 60
DIMENSION = 64


@pytest.fixture
def few_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("searches.scores.distribution.LEAST_SEARCHES", 10)
    monkeypatch.setattr("searches.scores.drift.LEAST_OF_REGISTER", 10)
    # Twenty searches each: another camera is seen with 1e-8, chance once in ten thousand runs.
    monkeypatch.setattr("searches.scores.drift.LEVEL", 1e-4)
    monkeypatch.setattr(score_sweeping, "LEAST_IMAGES", 10)


class Camera:
    """People as one camera shows them: `alike` draws all of its pictures to one direction."""

    def __init__(self, seed: int, alike: float = 0.0) -> None:
        self.seed, self.alike = seed, alike
        self.rng = np.random.default_rng(seed)
        self.cast = unit(*self.rng.normal(size=DIMENSION))

    def take(
        self, gallery: Gallery, people: int, register: SourceRegister | None = None
    ) -> list[UUID]:
        made = []
        for person in range(people):
            face = unit(*self.rng.normal(size=DIMENSION)) + self.alike * self.cast
            name = f"{self.seed}-{person}"
            made.append(make_image(gallery, name, unit(*face), register=register).pk)
        return made


def measured() -> ScoreMeasurement:
    """What the clock asks for in the agency of this scope, done by a worker."""
    score_sweeping.measure_moved()
    row = ScoreMeasurement.objects.get(state=JobState.QUEUED)
    measure_scores(row.pk)
    row.refresh_from_db()
    return row


def told(user: User) -> list[str]:
    kind = NotificationKind.SCORES_SHIFTED
    return list(
        Notification.objects.filter(user=user, kind=kind).values_list("subject_id", flat=True)
    )


def page_of(client: Client, user: User, gallery: Gallery) -> str:
    client.force_login(user)
    answer = client.get(reverse("gallery_scores", args=[gallery.pk]))
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


@pytest.mark.django_db
@pytest.mark.usefixtures("bells", "few_are_enough")
def test_another_camera_of_one_register_is_told_with_its_name(
    in_alder: Agency, birch: Agency, ada: User, ana: User, bob: User, client: Client
) -> None:
    gallery = make_gallery(in_alder)
    prison = other_register(in_alder, gallery, PRISON)
    sue = join(in_alder, "sue@alder.example", "Sue", Role.SUPERVISOR)
    Camera(1).take(gallery, EACH)
    old = Camera(2).take(gallery, EACH, prison)
    first = measured()
    searches = {name: len(one["similarities"]) for name, one in first.registers.items()}
    assert sum(searches.values()) == first.n
    compared = {name: one["compared"] for name, one in first.registers.items()}
    assert compared == {name: EACH - n for name, n in searches.items()}
    assert not first.has_shifted

    # Pictures that the prison keeps no longer are erased, those it sends now are of a new camera.
    remove_templates(old)
    Camera(3, alike=1.2).take(gallery, EACH, prison)
    Camera(4).take(gallery, 6)
    second = measured()
    shifts = second.register_shifts
    assert (shifts[PRISON]["is_shift"], shifts[CUSTODY]["is_shift"]) == (True, False)
    assert shifts[PRISON]["after"] > shifts[PRISON]["before"] + 0.2
    entries = AuditEntry.objects.filter(action=Action.SCORES_MEASURED).order_by("pk")
    assert [entry.data["is_shift"] for entry in entries] == [False, True]
    assert [told(user) for user in (ada, sue)] == [[str(gallery.pk)]] * 2
    assert told(ana) == [], "analysts are not told"

    with scope(birch.pk):
        quiet = make_gallery(birch)
        Camera(5).take(quiet, EACH)
        measured()
        Camera(6).take(quiet, 7)
        assert not measured().has_shifted
        assert ScoreMeasurement.objects.filter(gallery=gallery).count() == 0
        assert told(bob) == []
    client.force_login(bob)
    assert client.get(reverse("gallery_scores", args=[gallery.pk])).status_code == 404

    page = page_of(client, ada, gallery)
    note = page.partition('id="measured"')[0]
    assert f"<li> {PRISON}: the middle of the greatest similarities went from" in note
    assert f"{CUSTODY}: the middle" not in note
    assert f"{PRISON}: {EACH} then, {2 * EACH} now" in note
    table = page.partition('id="registers"')[2].partition("</table>")[0]
    assert table.count("no shift (distance") == 1
    assert table.count(" shifted (distance") == 1


def test_looking_at_many_registers_makes_no_shift_of_chance() -> None:
    rng = np.random.default_rng(8)

    def registers(apart: float) -> dict[str, Distribution]:
        found: dict[str, Distribution] = {}
        for number in range(20):
            values = rng.normal(apart if number == 3 else 0.0, 0.1, 200)
            found[f"R{number}"] = Distribution(np.sort(values), 1000, None)
        return found

    for _time in range(10):
        assert not any(one.is_shift for one in register_shifts(registers(0), registers(0)).values())
    seen = register_shifts(registers(0), registers(0.1))
    assert [name for name, one in seen.items() if one.is_shift] == ["R3"]
    few: Any = {"R3": Distribution(np.zeros(99), 1000, None)}
    assert register_shifts(few, few) == {}, "too few searches"
