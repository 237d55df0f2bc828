"""Proficiency exercises: passed, failed, interrupted, refused, and what a pass counts as."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.actor import Actor
from accounts.models import Activity, Agency, Role, TrainingCertificate, User
from accounts.permissions import Permission
from accounts.services.training import view_evidence
from portal.audit.actions import Action
from portal.audit.models import AuditEntry
from portal.tenancy import platform_scope, scope
from searches.faults import Fault
from searches.models import Disposition
from tests.conftest import join
from tests.training.cast import (
    answer,
    keeping_all,
    pairs_of,
    rightly,
    set_rules,
    taken,
    undecided,
)
from training.faces import PADDED
from training.models import Exercise, ExerciseAnswer
from training.queries import score_in
from training.services.exercises import answer_pair, start_exercise
from training.services.rules import FIELDS

pytestmark = pytest.mark.django_db
AsActor = Callable[[User, Agency], Actor]


def entries(agency: Agency, action: Action) -> list[AuditEntry]:
    with scope(agency.pk):
        return list(AuditEntry.objects.filter(agency_id=agency.pk, action=action).order_by("id"))


def begun(client: Client) -> str:
    """The address of an exercise that the client's person has just begun."""
    response = client.post(reverse("exercise_start"))
    assert response.status_code == 302
    return str(response.headers["Location"])


# --- What comes of it ---------------------------------------------------------------------------


def test_a_pass_counts_as_a_certificate_where_the_admin_says_so(
    client: Client, alder: Agency, eli: User, ada: User, as_actor: AsActor
) -> None:
    with platform_scope():
        Agency.objects.filter(pk=alder.pk).update(certificates_required=True)
    set_rules(alder, counts=True, certificate_days=30)
    assert as_actor(eli, alder).withheld == {Permission.EXAMINE}
    client.force_login(eli)
    address = begun(client)
    with scope(alder.pk):
        pairs = pairs_of(Exercise.objects.get())
    for pair in pairs:
        page = client.get(address).content.decode()
        assert f"Pair {pair.position} of 10" in page
        given = {"position": pair.position, "answer": rightly(pair)}
        client.post(f"{address}answer/", given)

    page = client.get(address).content.decode()
    assert "Passed" in page
    assert page.count("One person, drawn twice.") == sum(pair.is_mated for pair in pairs)
    with scope(alder.pk):
        certificate = TrainingCertificate.objects.get()
        exercise = Exercise.objects.get()
        evidence = view_evidence(actor=as_actor(ada, alder), certificate=certificate)
    assert exercise.certificate_id == certificate.pk
    assert (certificate.user, certificate.activity) == (eli, Activity.EXAMINE)
    assert certificate.valid_until - certificate.issued_on == timedelta(days=29)
    assert certificate.entered_by_label == "system (proficiency)"
    assert evidence.startswith(b"%PDF-")
    assert as_actor(eli, alder).can(Permission.EXAMINE)
    assert len(entries(alder, Action.EXERCISE_ANSWERED)) == 10
    (finished,) = entries(alder, Action.EXERCISE_FINISHED)
    assert finished.data == {
        **{"passed": True, "right": 10, "false_positives": 0, "false_negatives": 0},
        **{"inconclusive": 0, "certificate": certificate.pk},
    }
    assert entries(alder, Action.CERTIFICATE_ADDED)


def test_who_keeps_everybody_or_decides_nothing_fails(
    alder: Agency, eli: User, as_actor: AsActor
) -> None:
    set_rules(alder, counts=True, pass_percent=50, false_positives_allowed=3, attempts=20)
    actor = as_actor(eli, alder)
    kept = taken(actor, keeping_all)  # at least four pairs show two people
    left = taken(actor, undecided)
    with scope(alder.pk):
        score = score_in(kept)
        assert (kept.passed, left.passed) == (False, False)
        assert (score.right, score.false_positives) == (score.mated, score.unmated)
        assert 4 <= score.mated <= 6
        assert score_in(left).inconclusive == 10
        assert score.false_positive_rate is not None
        assert score.false_positive_rate.value == 1.0
        assert not TrainingCertificate.objects.exists()


@pytest.mark.parametrize("at_the_start", [True, False])
def test_it_counts_only_where_it_did_so_all_the_time(
    alder: Agency, eli: User, as_actor: AsActor, at_the_start: bool
) -> None:
    set_rules(alder, counts=at_the_start)
    actor = as_actor(eli, alder)
    with scope(alder.pk):
        exercise = start_exercise(actor=actor)
    set_rules(alder, counts=not at_the_start, pairs=60)
    with scope(alder.pk):
        assert answer(actor, exercise).passed  # under the rules that it began with
        assert not TrainingCertificate.objects.exists()


# --- Interruptions and repetitions --------------------------------------------------------------


def test_one_exercise_is_open_and_goes_on_where_it_was_left(
    client: Client, alder: Agency, eli: User
) -> None:
    set_rules(alder, attempts=1)
    client.force_login(eli)
    address = begun(client)
    client.post(f"{address}answer/", {"position": 1, "answer": "inconclusive"})
    assert begun(client) == address
    assert "Pair 2 of 10" in client.get(address).content.decode()
    assert "Go on with your exercise" in client.get(reverse("training")).content.decode()


def test_an_answer_is_given_once_and_in_order(client: Client, alder: Agency, eli: User) -> None:
    set_rules(alder)
    client.force_login(eli)
    address = begun(client)
    client.post(f"{address}answer/", {"position": 1, "answer": "retained"})
    again = client.post(f"{address}answer/", {"position": 1, "answer": "excluded"}, follow=True)
    assert "The first answer counts." in again.content.decode()
    for wrong in ({"position": 2}, {"position": 3, "answer": "retained"}, {"answer": "retained"}):
        refused = client.post(f"{address}answer/", wrong)
        assert refused.status_code == 422
        assert "exercise_answer_unknown" in refused.content.decode()
    with scope(alder.pk):
        assert [row.disposition for row in ExerciseAnswer.objects.all()] == ["retained"]
    assert client.get(f"{address}3/1.jpg").status_code == 404  # its turn has not come
    assert client.get(f"{address}2/3.jpg").status_code == 404
    assert client.get(f"{address}11/1.jpg").status_code == 404


def test_exercises_are_limited_within_thirty_days(
    client: Client, alder: Agency, eli: User, as_actor: AsActor
) -> None:
    set_rules(alder, attempts=2)
    actor = as_actor(eli, alder)
    taken(actor)
    taken(actor)
    with scope(alder.pk), pytest.raises(Fault, match="exercise_attempts_used"):
        start_exercise(actor=actor)
    client.force_login(eli)
    page = client.get(reverse("training")).content.decode()
    assert "as many exercises as your agency allows" in page
    assert "Begin an exercise" not in page


# --- The truth stays out of sight ---------------------------------------------------------------


def plain(page: bytes) -> str:
    """A page without what differs from pair to pair and from request to request."""
    text = re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", page.decode())
    text = re.sub(r"/\d+/([12])\.jpg", r"/N/\1.jpg", text)
    text = re.sub(r"Pair\s+\d+", "Pair N", text)
    return re.sub(r'name="position" value="\d+"', "", text)


def test_nothing_that_is_sent_tells_the_truth(client: Client, alder: Agency, eli: User) -> None:
    set_rules(alder)
    client.force_login(eli)
    address = begun(client)
    with scope(alder.pk):
        pairs = pairs_of(Exercise.objects.get())
    seeds = {
        str(seed).encode()
        for pair in pairs
        for seed in (pair.left_person, pair.left_scene, pair.right_person, pair.right_scene)
    }
    pages, heads = set(), set()
    for pair in pairs:
        answers = [client.get(address)]
        answers += [client.get(f"{address}{pair.position}/{side}.jpg") for side in (1, 2)]
        for response in answers:
            head = str(sorted(response.headers.items())).encode()
            assert not [seed for seed in seeds if seed in response.content or seed in head]
        pages.add(plain(answers[0].content))
        for picture in answers[1:]:
            assert len(picture.content) == PADDED
            sent = {name: v for name, v in picture.headers.items() if name != "X-Request-Id"}
            heads.add(str(sorted(sent.items())))
        client.post(f"{address}answer/", {"position": pair.position, "answer": "inconclusive"})
    assert {pair.is_mated for pair in pairs} == {True, False}
    assert len(pages) == 1
    assert len(heads) == 1
    mentions = [word for word in ("mated", "same_person", "truth") if word in next(iter(pages))]
    assert mentions == []
    recorded = str([entry.data for entry in entries(alder, Action.EXERCISE_ANSWERED)])
    assert "inconclusive" not in recorded


# --- Who may what -------------------------------------------------------------------------------


def test_others_are_refused_and_nothing_changes(
    client: Client, alder: Agency, birch: Agency, eli: User, ana: User, bob: User, ada: User
) -> None:
    set_rules(alder)
    other = join(alder, "ema@alder.example", "Ema", Role.EXAMINER)
    client.force_login(eli)
    address = begun(client)
    for person, status in [(bob, 404), (ana, 403), (other, 403), (ada, 403)]:
        client.force_login(person)
        for path in (address, f"{address}1/1.jpg"):
            assert client.get(path).status_code == status, (person, path)
        sent = client.post(f"{address}answer/", {"position": 1, "answer": "retained"})
        assert sent.status_code in (403, status), person
    client.force_login(ana)
    assert client.post(reverse("exercise_start")).status_code == 403
    for name in ("exercise_results", "proficiency_rules", "training"):
        assert client.get(reverse(name)).status_code == 403, name
    with scope(alder.pk):
        assert (Exercise.objects.count(), ExerciseAnswer.objects.count()) == (1, 0)


def test_supervisors_and_admins_see_results_that_are_over(
    client: Client, alder: Agency, eli: User, ada: User, as_actor: AsActor
) -> None:
    set_rules(alder)
    done = taken(as_actor(eli, alder))
    with scope(alder.pk):
        start_exercise(actor=as_actor(eli, alder))
    sue = join(alder, "sue@alder.example", "Sue", Role.SUPERVISOR)
    for person in (ada, sue):
        client.force_login(person)
        page = client.get(reverse("exercise_results")).content.decode()
        assert page.count("eli@alder.example") == 1
        assert client.get(reverse("exercise", args=[done.pk])).status_code == 200
        assert client.get(reverse("exercise_picture", args=[done.pk, 1, 2])).status_code == 200
    nobody = client.get(reverse("exercise_results") + "?person=nobody").content.decode()
    assert "Nobody of this name" in nobody
    assert [entry.data for entry in entries(alder, Action.EXERCISE_VIEWED)] == [
        {"person": eli.pk}
    ] * 2


def test_the_admin_sets_the_rules(client: Client, alder: Agency, ada: User) -> None:
    client.force_login(ada)
    address = reverse("proficiency_rules")
    fields: dict[str, int | str] = {"pairs": 12, "pass_percent": 90, "false_positives_allowed": 0}
    fields |= {"attempts": 5, "counts": "on", "certificate_days": 180}
    assert set(fields) == set(FIELDS)
    assert client.get(address).status_code == 200
    for wrong in ({"pairs": 9}, {"pass_percent": 101}, {"certificate_days": 0}, {"attempts": ""}):
        assert client.post(address, fields | wrong).status_code == 422, wrong
    assert entries(alder, Action.PROFICIENCY_RULES_CHANGED) == []
    assert client.post(address, fields).status_code == 302
    assert client.post(address, fields).status_code == 302  # nothing to change
    (entry,) = entries(alder, Action.PROFICIENCY_RULES_CHANGED)
    assert entry.data["before"]["pairs"] == 24
    assert entry.data["after"]["counts"] is True


# --- The database holds it ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("UPDATE training_exerciseanswer SET disposition = 'excluded'", "exercise_fixed"),
        ("DELETE FROM training_exerciseanswer", "exercise_fixed"),
        ("UPDATE training_exercisepair SET right_person = left_person", "exercise_fixed"),
        ("DELETE FROM training_exercisepair", "exercise_fixed"),
        ("DELETE FROM training_exercise", "exercise_fixed"),
        ("UPDATE training_exercise SET pass_percent = 50", "exercise_fixed"),
        ("UPDATE training_exercise SET ended_at = now(), passed = true", "exercise_unanswered"),
        (
            "INSERT INTO training_exerciseanswer (agency_id, pair_id, disposition)"
            " SELECT agency_id, id, 'retained' FROM training_exercisepair WHERE position = 5",
            "exercise_order",
        ),
    ],
)
def test_the_database_refuses(
    alder: Agency, eli: User, as_actor: AsActor, sql: str, said: str
) -> None:
    set_rules(alder)
    actor = as_actor(eli, alder)
    with scope(alder.pk):
        exercise = start_exercise(actor=actor)
        answer_pair(actor=actor, exercise=exercise, position=1, disposition=Disposition.RETAINED)
        with pytest.raises(DatabaseError, match=said), transaction.atomic():
            connection.cursor().execute(sql)


def test_a_result_that_the_answers_do_not_give_is_refused(
    alder: Agency, eli: User, as_actor: AsActor, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_rules(alder)
    monkeypatch.setattr("training.scoring.Score.passes", lambda self, **rules: True)
    with pytest.raises(DatabaseError, match="exercise_result"):
        taken(as_actor(eli, alder), keeping_all)


# --- What pages cost ----------------------------------------------------------------------------


def test_pages_cost_the_same_for_one_exercise_as_for_five(
    client: Client, alder: Agency, as_actor: AsActor
) -> None:
    set_rules(alder, attempts=20)
    everybody = join(alder, "all@alder.example", "All", *Role)
    client.force_login(everybody)
    actor = as_actor(everybody, alder)

    def costs() -> list[int]:
        found = []
        for name in ("training", "exercise_results"):
            with CaptureQueriesContext(connection) as queries:
                assert client.get(reverse(name)).status_code == 200
            found.append(len(queries))
        return found

    taken(actor)
    one = costs()
    for _ in range(4):
        taken(actor)
    assert costs() == one
    assert max(one) <= 25
    with scope(alder.pk):
        last = Exercise.objects.first()
    assert last is not None
    with CaptureQueriesContext(connection) as queries:
        assert client.get(reverse("exercise", args=[last.pk])).status_code == 200
    assert len(queries) <= 25
    assert last.started_at <= timezone.now()
