"""Where agencies can go, what each state allows, and who is told of it."""

import itertools
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.db.models import ProtectedError
from django.test import Client, override_settings
from django.urls import reverse

from accounts.access import operator_in
from accounts.actor import Actor, command_actor
from accounts.agency_states import ALLOWS, READING, TRANSITIONS, permitted
from accounts.faults import Fault
from accounts.models import Agency, AgencyState, Membership, Role, User
from accounts.permissions import Permission
from accounts.services.agencies import create_agency
from accounts.services.agency_lifecycle import (
    activate_agency,
    change_agency,
    close_agency,
    resume_agency,
    suspend_agency,
)
from portal.audit.actions import Action
from portal.audit.models import AuditEntry
from portal.tenancy import platform_scope, scope
from searches.models import Candidate, Case, Enrolment, FaceImage, JobState, Search
from searches.services.enrolment import run_enrolment
from searches.services.searching import run_search
from tests.conftest import join
from tests.factories import (
    make_case,
    make_enrolment,
    make_gallery,
    make_image,
    make_probe,
    make_search,
    person_jpeg,
)

EACH_TEST_ALONE = True

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("bells")]

OPERATOR = command_actor("test", None)
REASON = "The invoice is unpaid since May"
S = AgencyState


def in_state(agency: Agency, state: AgencyState) -> Agency:
    """The agency, led to a state by the services."""
    if state == S.ACTIVE:
        return activate_agency(actor=OPERATOR, agency=agency)
    if state == S.SUSPENDED:
        return suspend_agency(actor=OPERATOR, agency=agency, reason=REASON)
    if state == S.CLOSED:
        return close_agency(actor=OPERATOR, agency=agency, reason=REASON)
    return agency


def entries(agency_id: int | None) -> list[str]:
    with scope(agency_id) if agency_id else platform_scope():
        found = AuditEntry.objects.filter(agency_id=agency_id, subject_type="agency")
        return list(found.order_by("id").values_list("action", flat=True))


def set_state_by_sql(agency: Agency, before: AgencyState, after: AgencyState) -> None:
    came_from = before if after == S.SUSPENDED and before != S.SUSPENDED else ""
    if before == after == S.SUSPENDED:
        came_from = S.TRIAL
    with platform_scope(), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE accounts_agency SET state = %s, suspended_from = %s WHERE id = %s",
            [after, came_from, agency.pk],
        )
        assert cursor.rowcount == 1


@pytest.mark.parametrize(("before", "after"), list(itertools.product(S, S)))
def test_the_database_allows_what_the_table_says(
    alder: Agency, before: AgencyState, after: AgencyState
) -> None:
    in_state(alder, before)
    allowed = before == after or after in TRANSITIONS[before]
    if before == S.SUSPENDED and after == S.ACTIVE:
        allowed = False  # it was on trial: it goes back there
    if allowed:
        set_state_by_sql(alder, before, after)
    else:
        with pytest.raises(IntegrityError, match="does not go from"):
            set_state_by_sql(alder, before, after)


def test_an_agency_suspended_while_active_goes_back_to_active_by_sql_too(alder: Agency) -> None:
    in_state(in_state(alder, S.ACTIVE), S.SUSPENDED)
    with pytest.raises(IntegrityError, match="does not go from"):
        set_state_by_sql(alder, S.SUSPENDED, S.TRIAL)
    set_state_by_sql(alder, S.SUSPENDED, S.ACTIVE)


@pytest.mark.parametrize("state", [S.SUSPENDED, S.CLOSED, "frozen"])
def test_no_agency_begins_in_another_state(db: None, state: str) -> None:
    with pytest.raises((IntegrityError, ValidationError)):
        create_agency(
            actor=OPERATOR,
            name="X",
            slug="x",
            state=state,  # type: ignore[arg-type]
        )
    with platform_scope():
        assert not Agency.objects.exists()


def test_agencies_are_not_deleted_and_keep_their_short_name(alder: Agency) -> None:
    for sql in ("DELETE FROM accounts_agency", "UPDATE accounts_agency SET slug = 'other'"):
        with platform_scope(), pytest.raises(IntegrityError), transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(sql)
    with platform_scope(), pytest.raises((IntegrityError, ProtectedError)), transaction.atomic():
        alder.delete()


SERVICES: dict[str, Callable[[Agency], Agency]] = {
    "activate": lambda agency: activate_agency(actor=OPERATOR, agency=agency),
    "suspend": lambda agency: suspend_agency(actor=OPERATOR, agency=agency, reason=REASON),
    "resume": lambda agency: resume_agency(actor=OPERATOR, agency=agency),
    "close": lambda agency: close_agency(actor=OPERATOR, agency=agency, reason=REASON),
}
# State after each service; None where it is refused. Suspended here means: while on trial.
AFTER: dict[str, dict[AgencyState, AgencyState | None]] = {
    "activate": {S.TRIAL: S.ACTIVE, S.ACTIVE: None, S.SUSPENDED: None, S.CLOSED: None},
    "suspend": {S.TRIAL: S.SUSPENDED, S.ACTIVE: S.SUSPENDED, S.SUSPENDED: None, S.CLOSED: None},
    "resume": {S.TRIAL: None, S.ACTIVE: None, S.SUSPENDED: S.TRIAL, S.CLOSED: None},
    "close": {S.TRIAL: S.CLOSED, S.ACTIVE: S.CLOSED, S.SUSPENDED: S.CLOSED, S.CLOSED: None},
}


@pytest.mark.parametrize(("service", "state"), list(itertools.product(SERVICES, S)))
def test_services_go_where_they_may_and_are_recorded_twice(
    alder: Agency, service: str, state: AgencyState
) -> None:
    agency = in_state(alder, state)
    before = entries(None), entries(alder.pk)
    wanted = AFTER[service][state]
    if wanted is None:
        with pytest.raises(Fault) as refused:
            SERVICES[service](agency)
        assert refused.value.code == "agency_transition_refused"
        assert (entries(None), entries(alder.pk)) == before
        return
    moved = SERVICES[service](agency)
    assert moved.state == wanted
    action = {"resume": "agency.resumed", "activate": "agency.activated"}.get(service)
    action = action or {"suspend": "agency.suspended", "close": "agency.closed"}[service]
    assert entries(None) == [*before[0], action]
    assert entries(alder.pk) == [*before[1], action]


@pytest.mark.parametrize("reason", ["", "too short", "        short        "])
def test_suspending_and_closing_need_a_reason(alder: Agency, reason: str) -> None:
    for service in (suspend_agency, close_agency):
        with pytest.raises(Fault) as refused:
            service(actor=OPERATOR, agency=alder, reason=reason)
        assert refused.value.code == "reason_too_short"
    with platform_scope():
        assert Agency.objects.get().state == S.TRIAL


def test_nobody_of_an_agency_moves_or_changes_it(
    alder: Agency, ada: User, as_actor: object
) -> None:
    actor: Actor = as_actor(ada, alder)  # type: ignore[operator]
    acts: list[Callable[[], Agency]] = [
        lambda: activate_agency(actor=actor, agency=alder),
        lambda: suspend_agency(actor=actor, agency=alder, reason=REASON),
        lambda: close_agency(actor=actor, agency=alder, reason=REASON),
        lambda: change_agency(actor=actor, agency=alder, name="Mine"),
        lambda: create_agency(actor=actor, name="Mine", slug="mine"),
    ]
    for act in acts:
        with pytest.raises(PermissionDenied):
            act()
    assert entries(alder.pk) == ["agency.created"]


def test_changes_are_recorded_by_the_names_of_the_fields(alder: Agency) -> None:
    change_agency(actor=OPERATOR, agency=alder, name="Alder City Police", time_zone="Europe/Oslo")
    change_agency(actor=OPERATOR, agency=alder, name="Alder City Police")  # nothing new
    with scope(alder.pk):
        entry = AuditEntry.objects.get(action=Action.AGENCY_CHANGED)
    assert entry.data == {"fields": ["name", "time_zone"]}
    with pytest.raises(ValidationError):
        change_agency(actor=OPERATOR, agency=alder, time_zone="Mars/Olympus")
    with pytest.raises(TypeError):
        change_agency(actor=OPERATOR, agency=alder, state=S.CLOSED)


def test_what_each_state_allows() -> None:
    everything = frozenset(Permission)
    assert permitted(everything, S.TRIAL) == permitted(everything, S.ACTIVE) == everything
    assert permitted(everything, S.SUSPENDED) == READING
    assert permitted(everything, S.CLOSED) == {Permission.OFFBOARD}
    new = {Permission.OPEN_CASE, Permission.SEARCH, Permission.ENROL, Permission.MANAGE_GALLERIES}
    assert not ALLOWS[S.SUSPENDED] & new
    assert set(ALLOWS) == set(TRANSITIONS) == set(S)


def test_people_and_the_operator_lose_what_the_state_does_not_allow(
    alder: Agency, as_actor: Callable[[User, Agency], Actor]
) -> None:
    everybody = join(alder, "max@alder.example", "Max", *Role)
    suspended = in_state(alder, S.SUSPENDED)
    assert as_actor(everybody, alder).permissions <= READING
    assert operator_in(suspended, "enroll").permissions == READING


def test_the_operators_commands_say_what_the_state_does_not_allow(
    alder: Agency, models: object, tmp_path: Path
) -> None:
    with scope(alder.pk):
        make_gallery(alder)
    in_state(alder, S.SUSPENDED)
    (tmp_path / "P-1.jpg").write_bytes(person_jpeg(1))
    with pytest.raises(CommandError, match="Alder Police is suspended"):
        call_command(
            "search",
            str(tmp_path / "P-1.jpg"),
            agency="alder",
            case="2026-001",
            purpose="missing_person",
            reason="Missing since Monday",
            facts="Seen on the ferry",
            captured_on=date(2026, 1, 3),
            capture_place="Harbour Street",
            gallery=["Custody"],
        )
    with scope(alder.pk):
        assert not Case.objects.exists()


def test_people_of_a_suspended_agency_read_and_do_nothing_new(
    client: Client, alder: Agency
) -> None:
    client.force_login(join(alder, "max@alder.example", "Max", *Role))
    with scope(alder.pk):
        case, gallery = make_case(alder), make_gallery(alder)
    in_state(alder, S.SUSPENDED)
    reading = [
        ("home", []),
        ("cases", []),
        ("case", [case.pk]),
        ("galleries", []),
        ("searches", []),
    ]
    for name, arguments in reading:
        response = client.get(reverse(name, args=arguments))
        assert response.status_code == 200, name
        assert "is suspended" in response.text, name
    new = [("case_new", []), ("probe_new", [case.pk]), ("gallery_new", [])]
    for name, arguments in [*new, ("enrolment_new", [gallery.pk])]:
        values = {"number": "X-1", "title": "x", "name": "x", "reference": "x"}
        assert client.post(reverse(name, args=arguments), values).status_code == 403, name
    with scope(alder.pk):
        assert (Case.objects.count(), Enrolment.objects.count()) == (1, 0)


@override_settings(PLATFORM_CONTACT="help@platform.example")
def test_nobody_of_a_closed_agency_gets_in_and_is_told_whom_to_ask(
    client: Client, alder: Agency, ana: User
) -> None:
    change_agency(actor=OPERATOR, agency=alder, contact_name="Cy", contact_email="cy@alder.example")
    in_state(alder, S.CLOSED)
    client.force_login(ana)
    for name in ("home", "cases", "case_new", "platform_acts"):
        response = client.get(reverse(name))
        assert response.status_code == 403, name
        assert "Alder Police is closed" in response.text
        assert "cy@alder.example" in response.text
        assert "help@platform.example" in response.text
    assert client.post(reverse("account_logout")).status_code == 302


def test_who_belongs_to_an_open_agency_too_works_there(
    client: Client, alder: Agency, birch: Agency, ana: User
) -> None:
    join(birch, ana.email, "Ana", Role.ANALYST)
    client.force_login(ana)
    assert client.get(reverse("home")).context["agency"] == alder
    in_state(alder, S.CLOSED)
    response = client.get(reverse("home"))
    assert response.context["agency"] == birch
    assert response.context["agencies"] == [birch]
    client.post(reverse("switch_agency"), {"agency": alder.pk})
    assert client.get(reverse("home")).context["agency"] == birch


@pytest.mark.parametrize("state", [S.SUSPENDED, S.CLOSED])
def test_queued_work_of_an_agency_without_access_fails_and_keeps_nothing(
    alder: Agency, models: object, state: AgencyState
) -> None:
    with scope(alder.pk):
        gallery = make_gallery(alder)
        make_image(gallery, "P-1")
        probe = make_probe(make_case(alder), person_jpeg(1))
        search = make_search(probe, [gallery], run=False)
        enrolment = make_enrolment(gallery, "P-2", person_jpeg(2))
    in_state(alder, state)
    with scope(alder.pk):
        run_search(search.pk)
        run_enrolment(enrolment.pk)
        search, enrolment = Search.objects.get(), Enrolment.objects.get()
        for job in (search, enrolment):
            assert (job.state, job.failure_code) == (JobState.FAILED, "agency_suspended")
        assert Candidate.objects.count() == 0
        assert FaceImage.objects.count() == 1
        assert enrolment.file_key == ""
        failed = AuditEntry.objects.get(action=Action.SEARCH_FAILED)
    assert failed.data["code"] == "agency_suspended"


def test_work_queued_before_a_suspension_that_is_over_is_done(
    alder: Agency, models: object
) -> None:
    with scope(alder.pk):
        gallery = make_gallery(alder)
        search = make_search(make_probe(make_case(alder), person_jpeg(1)), [gallery], run=False)
    in_state(alder, S.SUSPENDED)
    resume_agency(actor=OPERATOR, agency=alder)
    with scope(alder.pk):
        run_search(search.pk)
        assert Search.objects.get().state == JobState.DONE


# --- What the platform did ----------------------------------------------------------------------


@pytest.mark.parametrize("role", [Role.ADMIN, Role.AUDITOR])
def test_admins_and_auditors_read_what_the_platform_did(
    client: Client, alder: Agency, birch: Agency, role: Role
) -> None:
    in_state(birch, S.SUSPENDED)
    in_state(alder, S.SUSPENDED)
    client.force_login(join(alder, f"{role}@alder.example", "Somebody", role))
    response = client.get(reverse("platform_acts"))
    actions = [entry.action for entry, _ in response.context["rows"]]
    licensing = ["license.signed", "license.drafted"] * 2  # the trial's, and a bought one
    assert actions == ["member.added", "agency.suspended", *licensing, "agency.created"]
    assert "Suspended the agency" in response.text
    assert REASON in response.text
    assert {entry.agency_id for entry, _ in response.context["rows"]} == {alder.pk}


def test_the_list_has_an_empty_state_and_pages(client: Client, alder: Agency, ada: User) -> None:
    client.force_login(ada)
    for number in range(30):
        change_agency(actor=OPERATOR, agency=alder, name=f"Alder {number}")
    first = client.get(reverse("platform_acts"))
    assert len(first.context["rows"]) == 25
    assert "Page 1 of 2" in first.text
    second = client.get(reverse("platform_acts"), {"page": 2})
    assert 0 < len(second.context["rows"]) < 25


def test_an_agency_without_acts_of_the_platform_is_told_so(client: Client) -> None:
    user = User.objects.create_user("eve@elm.example", "x" * 15, name="Eve")
    with platform_scope():
        elm = Agency.objects.create(name="Elm", slug="elm", data_key=b"x")
    with scope(elm.pk):
        Membership.objects.create(user=user, roles=[Role.AUDITOR])
    client.force_login(user)
    response = client.get(reverse("platform_acts"))
    assert response.status_code == 200
    assert "has done nothing" in response.text
