"""Maintenance, read-only, notices, switches for an agency, and the platform's page of the queue."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.core.management import call_command
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import get_resolver, reverse
from django.utils import timezone

from accounts.actor import command_actor
from accounts.faults import Fault
from accounts.features import ACTS, Feature
from accounts.models import Agency, Role, User
from accounts.services.operating import (
    Told,
    broadcast,
    set_mode,
    switch_feature,
    withdraw_broadcast,
)
from accounts.services.retrying import retry_failed
from portal import operating
from portal.audit.contents import read_content
from portal.audit.models import AuditEntry
from portal.models import Broadcast, Mode, Operation
from portal.tenancy import platform_scope, scope
from searches.models import Case, JobState, Probe, Search
from searches.tasks import run_search
from tests.accounts import platform_cast
from tests.accounts.platform_cast import enter
from tests.api.caller import Caller, caller, code
from tests.conftest import PASSWORD
from tests.factories import (
    make_case,
    make_gallery,
    make_image,
    make_probe,
    make_search,
    person_jpeg,
)

EACH_TEST_ALONE = True

OPERATOR = command_actor("test", None)
REASON = "The database moves to another machine"
CASE = {"number": "2026-77", "title": "Ferry", "purpose": "missing_person"}


@pytest.fixture
def sue(db: None) -> User:
    """Sue is a superuser of the platform and belongs to no agency."""
    return User.objects.create_superuser("sue@platform.example", PASSWORD, name="Sue")


def entries(agency_id: int | None, action: str) -> list[AuditEntry]:
    with scope(agency_id) if agency_id else platform_scope():
        found = AuditEntry.objects.filter(agency_id=agency_id, action=action)
        return list(found.order_by("pk"))


def test_in_maintenance_no_page_answers_and_workers_begin_nothing(
    client: Client,
    alder: Agency,
    ana: User,
    sue: User,
    bells: list[Any],
) -> None:
    with scope(alder.pk):
        gallery = make_gallery(alder)
        make_image(gallery, "S-1")
        probe = make_probe(make_case(alder), person_jpeg(1))
        search = make_search(probe, [gallery], run=False)
    program = Caller(alder, ana)
    client.force_login(ana)
    until = timezone.now() + timedelta(hours=2)
    told = Told(until, "The database moves", "La base de données déménage")
    set_mode(actor=OPERATOR, mode=Mode.MAINTENANCE, reason=REASON, told=told)

    page = client.get(reverse("home"))
    assert page.status_code == 503
    assert 7000 < int(page["Retry-After"]) <= 7200
    assert "The database moves" in page.content.decode()
    assert client.get("/nowhere/").status_code == 503
    french = client.get(reverse("home"), headers={"Accept-Language": "fr"})
    assert "La base de données déménage" in french.content.decode()
    assert code(program.get("api_me")) == (503, "maintenance")
    assert client.get(reverse("live")).status_code == 200
    run_search(alder.pk, str(search.pk))
    with scope(alder.pk):
        assert Search.objects.get(pk=search.pk).state == JobState.QUEUED

    staff = Client()  # finds the way in, and back
    assert staff.get(reverse("account_login")).status_code == 200
    enter(staff, sue)
    assert staff.get(reverse("admin:operation")).status_code == 200
    form = {"mode": "normal", "reason": "The database has moved"}
    assert staff.post(reverse("admin:operation"), form).status_code == 302
    assert client.get(reverse("home")).status_code == 200
    run_search(alder.pk, str(search.pk))
    with scope(alder.pk):
        assert Search.objects.get(pk=search.pk).state == JobState.DONE
    changed = entries(None, "operation.changed")
    assert [(e.data["before"], e.data["mode"]) for e in changed] == [
        ("normal", "maintenance"),
        ("maintenance", "normal"),
    ]
    assert changed[1].actor_id == sue.pk
    with platform_scope():
        assert read_content(changed[0]) == {"reason": REASON}


def test_read_only_pages_are_read_and_acts_refused_with_a_code(
    client: Client, alder: Agency, ana: User, bells: list[Any]
) -> None:
    with scope(alder.pk):
        case = make_case(alder)
    program = caller(alder, Role.ANALYST)
    client.force_login(ana)
    call_command("operate", "read_only", "--reason", REASON)
    page = client.get(reverse("case", args=[case.pk]))
    assert page.status_code == 200
    assert "The portal can only be read just now." in page.content.decode()
    refused = client.post(reverse("case_new"), CASE)
    assert (refused.status_code, refused["Retry-After"]) == (503, "60")
    assert "nothing was changed" in refused.content.decode()
    assert code(program.post("api_cases", data=CASE)) == (503, "read_only")
    assert program.get("api_cases").status_code == 200
    with scope(alder.pk):
        assert Case.objects.count() == 1
    assert client.post(reverse("set_language"), {"language": "en"}).status_code == 302
    assert client.post(reverse("account_logout")).status_code == 302
    call_command("operate", "normal", "--reason", REASON)
    client.force_login(ana)
    assert client.post(reverse("case_new"), CASE).status_code == 302


def test_a_notice_is_shown_in_two_languages_while_it_is_time(
    client: Client,
    alder: Agency,
    ana: User,
    sue: User,
) -> None:
    now = timezone.now()
    staff = Client()
    enter(staff, sue)
    form = {
        "text_en": "On Sunday the portal rests",
        "text_fr": "Dimanche, le portail se repose",
        "starts_at": (now - timedelta(hours=1)).strftime("%Y-%m-%d %H:%M"),
        "ends_at": (now + timedelta(hours=1)).strftime("%Y-%m-%d %H:%M"),
        "is_urgent": "on",
    }
    backwards = {**form, "ends_at": form["starts_at"]}
    assert staff.post(reverse("admin:broadcasts"), backwards).status_code == 422
    assert staff.post(reverse("admin:broadcasts"), form).status_code == 302
    later = now + timedelta(days=1), now + timedelta(days=2)
    broadcast(
        actor=OPERATOR,
        starts_at=later[0],
        ends_at=later[1],
        text_en="Tomorrow",
        text_fr="Demain",
    )
    login = client.get(reverse("account_login")).content.decode()
    assert "On Sunday the portal rests" in login
    assert "Tomorrow" not in login
    ana.language = "fr"
    ana.save()
    client.force_login(ana)
    assert "Dimanche, le portail se repose" in client.get(reverse("home")).content.decode()
    listed = staff.get(reverse("admin:broadcasts")).content.decode()
    assert "Tomorrow" in listed
    notice = Broadcast.objects.get(is_urgent=True)
    taken = staff.post(reverse("admin:broadcast_withdraw", args=[notice.pk]))
    assert taken.status_code == 302
    withdraw_broadcast(actor=OPERATOR, notice=notice)  # once more changes nothing
    assert "Sunday" not in client.get(reverse("account_login")).content.decode()
    assert len(entries(None, "broadcast.made")) == 2
    assert len(entries(None, "broadcast.withdrawn")) == 1


def test_a_part_of_the_portal_is_switched_off_for_one_agency(
    client: Client,
    alder: Agency,
    birch: Agency,
    ada: User,
    bob: User,
    sue: User,
) -> None:
    with scope(alder.pk):
        gallery = make_gallery(alder)
    program, other = caller(alder, Role.ADMIN), Caller(birch, bob)
    staff = Client()
    enter(staff, sue)
    page = reverse("admin:accounts_agency_features", args=[alder.pk])
    for feature in ("api", "imports"):
        form = {"feature": feature, "switch": "off", "reason": "Agreed with the agency"}
        assert staff.post(page, form).status_code == 302
    assert "Imports of many pictures" in staff.get(page).content.decode()
    client.force_login(ada)
    address = reverse("import_new", args=[gallery.pk])
    refused = client.post(address, {"name": "x"})
    assert refused.status_code == 403
    assert "has switched this off" in refused.content.decode()
    assert client.get(reverse("imports", args=[gallery.pk])).status_code == 200
    assert code(program.get("api_me")) == (403, "feature_off")
    assert other.get("api_me").status_code == 200
    on: dict[str, Any] = {
        "feature": Feature.IMPORTS,
        "is_on": True,
        "reason": "Agreed with the agency",
    }
    switch_feature(actor=OPERATOR, agency=alder, **on)
    switch_feature(actor=OPERATOR, agency=alder, **on)  # is on already
    assert client.post(address, {"name": "x"}).status_code != 403
    for agency_id in (alder.pk, None):
        seen = [(e.data["feature"], e.data["on"]) for e in entries(agency_id, "feature.switched")]
        assert seen == [("api", False), ("imports", False), ("imports", True)]
    assert entries(birch.pk, "feature.switched") == []


def test_every_closed_address_is_one_of_the_portal() -> None:
    names = set(get_resolver().reverse_dict)
    for wanted in set().union(*ACTS.values()):
        assert wanted in names, wanted


def test_nobody_but_the_platform_changes_any_of_it(alder: Agency, ana: User, as_actor: Any) -> None:
    """Nor does the database let the code of an agency do it."""
    mine = as_actor(ana, alder)
    now = timezone.now()
    texts: dict[str, Any] = {
        "text_en": "x",
        "text_fr": "x",
        "starts_at": now,
        "ends_at": now + timedelta(1),
    }
    off: dict[str, Any] = {"feature": Feature.API, "is_on": False, "reason": REASON}
    for act in (
        lambda: set_mode(actor=mine, mode=Mode.MAINTENANCE, reason=REASON),
        lambda: broadcast(actor=mine, **texts),
        lambda: switch_feature(actor=mine, agency=alder, **off),
        lambda: retry_failed(actor=mine, kind="probe", code="gave_up", reason=REASON),
    ):
        with pytest.raises(PermissionDenied):
            act()
    with pytest.raises(Fault, match="reason_too_short"):
        set_mode(actor=OPERATOR, mode=Mode.MAINTENANCE, reason="Because")
    with scope(alder.pk):
        for row in (Operation(mode=Mode.MAINTENANCE), Broadcast(**texts)):
            with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
                row.save(force_insert=True)
    operating.forget()
    assert operating.operating() == operating.NORMAL


def test_a_database_that_is_away_leaves_what_was_known(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> None:
        raise DatabaseError

    known = operating.Operating(Mode.READ_ONLY)
    operating.keep(known)
    operating.forget()
    monkeypatch.setattr("portal.operating._read", away)
    assert operating.operating() is known


def test_the_platform_sees_the_queue_and_tries_again_what_its_own_faults_stopped(
    alder: Agency,
    birch: Agency,
    sue: User,
    bells: list[Any],
    django_capture_on_commit_callbacks: Any,
) -> None:
    probes, marked = {}, "A case that is nobody's business"
    for agency in (alder, birch):
        with scope(agency.pk):
            case = make_case(agency)
            case.title = marked
            case.save()
            probes[agency.pk] = make_probe(case, person_jpeg(1), analysed=False)
            failed: dict[str, Any] = {
                "state": "failed",
                "failure_code": "gave_up",
                "finished_at": timezone.now(),
            }
            Probe.objects.filter(pk=probes[agency.pk].pk).update(**failed)
    with scope(birch.pk):
        others = make_probe(case, person_jpeg(2), analysed=False)
        Probe.objects.filter(pk=others.pk).update(**failed | {"failure_code": "no_face"})
    bells.clear()
    staff = Client()
    enter(staff, sue)
    whole = staff.get(reverse("admin:queue")).content.decode()
    page = whole.replace(platform_cast.REASON, "")  # of the staff's own session
    assert "Pictures of searches: gave_up (2)" in page
    assert "no_face" in page
    assert "no_face (1)" not in page
    for content in (marked, "Alder", "Birch", str(others.pk)):
        assert content not in page
    form = {"jobs": "probe gave_up", "reason": "The disk was full"}
    assert staff.post(reverse("admin:queue"), {**form, "jobs": "probe no_face"}).status_code == 422
    with django_capture_on_commit_callbacks(execute=True):
        assert staff.post(reverse("admin:queue"), form).status_code == 302
    assert sorted(args for _task, args in bells) == sorted(
        (agency_id, str(probe.pk)) for agency_id, probe in probes.items()
    )
    for agency_id, probe in probes.items():
        with scope(agency_id):
            again = Probe.objects.get(pk=probe.pk)
            assert (again.state, again.attempts, again.failure_code) == ("queued", 0, "")
        (mine,) = entries(agency_id, "jobs.retried")
        assert mine.data == {"kind": "probe", "code": "gave_up", "jobs": 1}
    (sums,) = entries(None, "jobs.retried")
    assert (sums.data["jobs"], sums.subject_id) == (2, "")
    with scope(birch.pk):
        assert Probe.objects.get(pk=others.pk).state == JobState.FAILED
    with pytest.raises(Fault, match="jobs_not_retryable"):
        retry_failed(actor=OPERATOR, kind="search", code="gave_up", reason=REASON)
