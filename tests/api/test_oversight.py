"""Reviews, alerts, transparency reports and people's requests over the API."""

import json
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Agency, Role
from oversight.models import MisuseAlert, RecordReview, TransparencyReport
from oversight.weeks import finished_weeks, running_week
from portal.audit.actions import Action
from portal.tenancy import scope
from searches.models import Gallery
from tests.api.caller import Caller, caller, code
from tests.api.counting import acts, statements
from tests.factories import (
    make_alert,
    make_case,
    make_gallery,
    make_probe,
    make_search,
    make_transparency_report,
    person_jpeg,
)
from tests.oversight.cast import age
from tests.oversight.requests_cast import make_public_page, make_request

EACH_TEST_ALONE = True

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("bells")]
SIGNED = {"looked": True, "finding": "nothing"}
NOTE = "The second person is the victim, says the file"
LAST_YEAR = str(timezone.now().year - 1)


@pytest.fixture
def aud(alder: Agency) -> Caller:
    return caller(alder, Role.AUDITOR, name="aud")


@pytest.fixture
def sup(alder: Agency) -> Caller:
    return caller(alder, Role.SUPERVISOR, name="sup")


@pytest.fixture
def admin(alder: Agency) -> Caller:
    return caller(alder, Role.ADMIN, name="ada")


# --- the weekly review ----------------------------------------------------------------------------


def test_weeks_in_pages_and_one_in_numbers(alder: Agency, aud: Caller) -> None:
    age(alder, 5)
    weeks = [week.isoformat() for week in finished_weeks(alder)]
    first = aud.get("api_weeks", query={"page_size": "2"}).json()
    assert [one["first"] for one in first["results"]] == weeks[:2]
    second = aud.get("api_weeks", query={"page_size": "2", "cursor": weeks[2]}).json()
    assert [one["first"] for one in second["results"]] == weeks[2:4]
    assert f"cursor={weeks[4]}" in second["next"]
    assert f"cursor={weeks[0]}" in second["previous"]
    assert first["previous"] is None
    found = aud.get("api_week", weeks[0]).json()
    assert (found["is_over"], found["review"], found["summary"]["entries"]) == (True, None, 0)
    running = aud.get("api_week", running_week(alder).isoformat()).json()
    assert running["is_over"] is False
    assert running["summary"]["entries"] > 0
    for wrong in ("2000-01-03", "soon", running_week(alder).strftime("%Y%m%d")):
        assert code(aud.get("api_week", wrong)) == (404, "not_found")
    assert code(aud.get("api_weeks", query={"fields": "x"})) == (400, "fields_unknown")
    for cursor in ("soon", "2000-01-03"):
        assert code(aud.get("api_weeks", query={"cursor": cursor})) == (404, "cursor_invalid")
    assert acts(alder.pk, Action.RECORD_REVIEW_VIEWED) == 2


def test_a_week_is_signed_once_by_an_auditor(alder: Agency, aud: Caller, sup: Caller) -> None:
    age(alder, 3)
    week = finished_weeks(alder)[0].isoformat()
    assert code(sup.post("api_week_sign", week, data=SIGNED)) == (403, "permission_denied")
    unlooked = aud.post("api_week_sign", week, data={**SIGNED, "looked": False})
    assert code(unlooked) == (422, "input_invalid")
    silent = aud.post("api_week_sign", week, data={**SIGNED, "finding": "acted"})
    assert code(silent) == (422, "review_without_note")
    early = aud.post("api_week_sign", running_week(alder).isoformat(), data=SIGNED)
    assert code(early) == (422, "review_not_over")
    assert _reviews(alder) == 0
    said = {**SIGNED, "finding": "acted", "note": "I asked Ana; her supervisor knew"}
    signed = aud.post("api_week_sign", week, data=said).json()
    assert signed["review"]["signed_by"] == "aud@alder.example"
    assert aud.get("api_week", week).json()["review"]["note"] == said["note"]
    assert code(aud.post("api_week_sign", week, data=said)) == (422, "review_signed")
    assert (_reviews(alder), acts(alder.pk, Action.RECORD_REVIEWED)) == (1, 1)


def _reviews(agency: Agency) -> int:
    with scope(agency.pk):
        return RecordReview.objects.count()


# --- alerts ---------------------------------------------------------------------------------------


@pytest.fixture
def ola(alder: Agency) -> Caller:
    """Ola is an auditor who also searches, and whom the alert concerns."""
    return caller(alder, Role.AUDITOR, Role.ANALYST, name="ola")


@pytest.fixture
def alert(alder: Agency, ola: Caller, models: object) -> MisuseAlert:
    with scope(alder.pk):
        probe = make_probe(make_case(alder), person_jpeg(1))
        return make_alert(make_search(probe, [make_gallery(alder)]), ola.user.pk)


def test_an_alert_is_read_taken_handed_over_and_decided(
    alder: Agency, aud: Caller, alert: MisuseAlert
) -> None:
    bo = caller(alder, Role.AUDITOR, name="bo")
    (row,) = aud.get("api_alerts").json()["results"]
    assert (row["rule"], row["handled_by"], row["decision"]) == (alert.rule, "", "")
    found = aud.get("api_alert", alert.pk).json()
    assert found["numbers"] == {"faces": 3, "searches": 4}
    assert [one["email"] for one in found["people"]] == ["ola@alder.example"]
    said = {"decision": "justified", "note": NOTE}
    assert code(aud.post("api_alert_decide", alert.pk, data=said)) == (422, "alert_not_yours")
    assert aud.post("api_alert_take", alert.pk).json()["handled_by"] == "aud@alder.example"
    over = {"person": bo.user.pk, "reason": "I am away from tomorrow on"}
    assert aud.post("api_alert_hand_over", alert.pk, data=over).status_code == 200
    short = bo.post("api_alert_decide", alert.pk, data={**said, "note": "no"})
    assert code(short) == (422, "alert_reason_too_short")
    assert bo.post("api_alert_decide", alert.pk, data=said).json()["decision"] == "justified"
    assert aud.get("api_alerts").json()["results"] == []
    assert len(aud.get("api_alerts", query={"state": "closed"}).json()["results"]) == 1
    why = {"reason": "A further search came to light"}
    assert bo.post("api_alert_reopen", alert.pk, data=why).json()["closed_at"] is None
    history = bo.get("api_alert", alert.pk).json()["history"]
    events = [one["event"] for one in history]
    assert events == ["opened", "taken", "handed_over", "closed", "reopened"]
    assert history[3]["note"] == NOTE
    assert (acts(alder.pk, Action.ALERTS_LISTED), acts(alder.pk, Action.ALERT_VIEWED)) == (3, 2)


def test_whom_it_concerns_and_strangers_know_nothing_of_it(
    alder: Agency, birch: Agency, ola: Caller, sup: Caller, alert: MisuseAlert
) -> None:
    assert ola.get("api_alerts").json()["results"] == []
    stranger = caller(birch, Role.AUDITOR, name="una")
    for person in (ola, stranger):
        assert code(person.get("api_alert", alert.pk)) == (404, "not_found")
        assert code(person.post("api_alert_take", alert.pk)) == (404, "not_found")
    assert code(sup.get("api_alerts")) == (403, "permission_denied")
    assert code(sup.post("api_alert_take", alert.pk)) == (403, "permission_denied")
    with scope(alder.pk):
        alert.refresh_from_db()
    assert alert.owner_id is None
    assert acts(alder.pk, Action.ALERT_TAKEN, Action.ALERT_VIEWED) == 0


def test_alerts_take_as_many_statements_for_many_rows(
    alder: Agency, aud: Caller, alert: MisuseAlert
) -> None:
    few = statements(aud, "api_alerts")
    with scope(alder.pk):
        gallery = Gallery.objects.get()
        for n in range(3):
            case = make_case(alder, f"A-{n}")
            probe = make_probe(case, person_jpeg(n + 2))
            make_alert(make_search(probe, [gallery]), aud.user.pk + 999)
    assert len(aud.get("api_alerts").json()["results"]) == 4
    assert statements(aud, "api_alerts") == few
    wrong = aud.get("api_alerts", query={"rule": "none"})
    assert code(wrong) == (400, "query_invalid")


# --- transparency ---------------------------------------------------------------------------------


def test_reports_are_made_read_published_and_withdrawn(
    alder: Agency, birch: Agency, aud: Caller, admin: Caller
) -> None:
    age(alder, 60)
    made = aud.post("api_transparency", data={"period": LAST_YEAR})
    assert made.status_code == 201
    pk = made.json()["id"]
    whole = aud.get("api_transparency_report", pk).json()
    assert (whole["audience"], whole["obstacle"]) == ("internal", "")
    assert admin.get("api_transparency_report", pk).json()["audience"] == "public"
    assert code(aud.post("api_transparency_publish", pk)) == (403, "permission_denied")
    stranger = caller(birch, Role.ADMIN, name="bea")
    assert code(stranger.post("api_transparency_publish", pk)) == (404, "not_found")
    assert acts(alder.pk, Action.TRANSPARENCY_PUBLISHED) == 0
    assert admin.post("api_transparency_publish", pk).json()["published_at"]
    assert admin.post("api_transparency_withdraw", pk).json()["withdrawn_at"]
    again = admin.post("api_transparency_publish", pk)
    assert code(again) == (422, "transparency_withdrawn")


@pytest.mark.parametrize(
    "body",
    [
        {"period": "1999"},
        {"period": "any"},
        {"period": "any", "first": "2026-02-02", "last": "2026-02-01"},
        {},
    ],
)
def test_a_period_that_is_none_makes_nothing(alder: Agency, aud: Caller, body: Any) -> None:
    assert code(aud.post("api_transparency", data=body)) == (422, "input_invalid")
    with scope(alder.pk):
        assert TransparencyReport.objects.count() == 0


def test_files_in_full_are_for_readers_of_the_record(
    alder: Agency, aud: Caller, sup: Caller
) -> None:
    with scope(alder.pk):
        pk = make_transparency_report(alder, LAST_YEAR).pk
    for kind in ("json", "csv"):
        answer = aud.get("api_transparency_file", pk, "internal", kind)
        assert answer.status_code == 200
    signed = sup.get("api_transparency_file", pk, "public", "json", headers={"Accept": "text/csv"})
    assert json.loads(signed.content)["document"]["audience"] == "public"
    refused = sup.get("api_transparency_file", pk, "internal", "json")
    assert code(refused) == (403, "permission_denied")
    assert code(sup.get("api_transparency_file", pk, "public", "exe")) == (404, "not_found")
    wrong = sup.get("api_transparency_file", pk, "public", "pdf", query={"lang": "de"})
    assert code(wrong) == (400, "query_invalid")
    assert acts(alder.pk, Action.TRANSPARENCY_DOWNLOADED) == 3


# --- requests of people ---------------------------------------------------------------------------


def test_requests_are_listed_and_read(alder: Agency, birch: Agency, sup: Caller) -> None:
    with scope(alder.pk):
        make_public_page(alder)
        asked = make_request(alder)
    (row,) = sup.get("api_requests").json()["results"]
    assert (row["id"], row["name"], row["stage"]) == (str(asked.pk), "Jo Zhvanetsky", "received")
    assert sup.get("api_requests", query={"show": "closed"}).json()["results"] == []
    whole = sup.get("api_request", asked.pk).json()
    assert whole["texts"]["about"] == "What do you hold about me?"
    assert "token" not in str(whole)
    assert (acts(alder.pk, Action.REQUESTS_LISTED), acts(alder.pk, Action.REQUEST_VIEWED)) == (2, 1)
    stranger = caller(birch, Role.SUPERVISOR, name="sal")
    assert code(stranger.get("api_request", asked.pk)) == (404, "not_found")
    other = caller(alder, Role.AUDITOR, name="other")
    assert code(other.get("api_requests")) == (403, "permission_denied")
    assert code(other.get("api_request", asked.pk)) == (403, "permission_denied")
    assert acts(birch.pk, Action.REQUEST_VIEWED) == 0


def test_requests_take_as_many_statements_for_many_rows(alder: Agency, sup: Caller) -> None:
    with scope(alder.pk):
        make_public_page(alder)
        make_request(alder)
    few = statements(sup, "api_requests")
    with scope(alder.pk):
        for n in range(4):
            make_request(alder, name=f"Jo {n}", address=f"jo-{n}@home.example")
    assert len(sup.get("api_requests").json()["results"]) == 5
    assert statements(sup, "api_requests") == few


def test_weeks_and_reports_take_as_many_statements_for_many_rows(
    alder: Agency, aud: Caller
) -> None:
    age(alder, 2)
    with scope(alder.pk):
        make_transparency_report(alder, LAST_YEAR)
    names = ("api_weeks", "api_transparency")
    few = {name: statements(aud, name) for name in names}
    age(alder, 20)
    with scope(alder.pk):
        make_transparency_report(alder, f"{LAST_YEAR}-11")
        make_transparency_report(alder, f"{LAST_YEAR}-12")
    assert {name: statements(aud, name) for name in names} == few
