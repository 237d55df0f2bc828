"""The page of a search: where it stands, what it is about, and nothing of its result too early."""

import json
import uuid
from datetime import timedelta
from html import unescape

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Agency
from portal import signing
from portal.audit.models import AuditEntry
from searches.models import Basis, FollowUp, Gallery, Search, Stage
from searches.services.authorizing import authorize_search, refuse_search
from searches.services.examining import decide, start_examination, submit_examination
from searches.services.searching import run_search
from searches.statements import CONCLUSION_STATEMENT
from tests.factories import PDF, make_policy, person_jpeg
from tests.searches.procedure import (
    DISSIMILAR,
    Office,
    candidates_of,
    conclude,
    examine,
    filled_gallery,
    searched,
)

EACH_TEST_ALONE = True

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("models", "bells", "in_alder")]

WARRANT = {"basis": Basis.AUTHORIZED, "reference": "Court of Harbour, 12/2026", "document": PDF}
URGENT = {"basis": Basis.URGENT}


@pytest.fixture
def gallery(alder: Agency) -> Gallery:
    return filled_gallery(alder, 8)


@pytest.fixture
def search(office: Office, gallery: Gallery) -> Search:
    """Done, with five candidates, and not examined yet."""
    return searched(office, person_jpeg(1), gallery, limit=5)


@pytest.fixture
def ana(client: Client, office: Office) -> Client:
    client.force_login(office.people["analyst"])
    return client


def page(client: Client, search: Search) -> HttpResponse:
    return client.get(reverse("search", args=[search.pk]))  # type: ignore[return-value]


def text_of(client: Client, search: Search) -> str:
    answer = page(client, search)
    assert answer.status_code == 200
    return answer.content.decode()


def assert_nothing_of_the_result(text: str, search: Search) -> None:
    for candidate in candidates_of(search):
        assert candidate.subject.reference not in text
        assert str(candidate.image_id) not in text
        assert f"{candidate.similarity:.4f}" not in text
    for name in ("first@", "second@", "third@"):
        assert name not in text
    assert "Different person" not in text


def test_before_it_is_concluded_nobody_sees_candidates_or_examinations(
    client: Client, office: Office, search: Search
) -> None:
    for work in (
        lambda: None,
        lambda: examine(office.actor("first"), search, {1}),
        lambda: examine(office.actor("second"), search),  # a disagreement
    ):
        work()
        assert candidates_of(search)
        for name in ("analyst", "supervisor", "auditor"):
            client.force_login(office.people[name])
            assert_nothing_of_the_result(text_of(client, search), search)
            listed = client.get(reverse("searches")).content.decode()
            assert_nothing_of_the_result(listed, search)
            assert "5 candidates" not in listed
    assert search.stage == Stage.ADJUDICATION


def test_the_page_says_who_has_to_act_and_until_when(
    ana: Client, office: Office, search: Search
) -> None:
    text = text_of(ana, search)
    assert "An examiner has to examine" in text
    assert "Due until" in text
    examine(office.actor("first"), search)
    assert "without seeing the first examination" in text_of(ana, search)
    Search.objects.filter(pk=search.pk).update(due_at=timezone.now() - timedelta(hours=2))
    assert "Overdue since" in text_of(ana, search)


def test_a_view_before_the_end_is_no_view_of_candidates(ana: Client, search: Search) -> None:
    text_of(ana, search)
    viewed = AuditEntry.objects.filter(subject_id=str(search.pk), action__endswith=".viewed")
    assert list(viewed.values_list("action", flat=True)) == ["search.viewed"]


def test_a_concluded_search_shows_the_list_and_what_both_decided(
    client: Client, office: Office, search: Search
) -> None:
    conclude(office, search, {2})
    for name in ("analyst", "supervisor", "auditor"):
        client.force_login(office.people[name])
        text = text_of(client, search)
        assert str(CONCLUSION_STATEMENT) in text
        assert "Conclusion: 1 lead" in text
        for candidate in candidates_of(search):
            assert candidate.subject.reference in text
            assert f"{candidate.similarity:.4f}" in text
        assert text.count("badge-lead") == 1
        assert f"First examination, {office.actor('first').label}" in unescape(text)
        assert f"Second examination, {office.actor('second').label}" in unescape(text)
        assert "May be the same person" in text
        assert "2 were mixed in to test the comparison" in " ".join(text.split())
    assert AuditEntry.objects.filter(action="candidates.viewed").count() == 3


def test_comments_are_shown_after_the_conclusion_only(
    ana: Client, office: Office, search: Search
) -> None:
    examination = start_examination(actor=office.actor("first"), search=search)
    decide(
        actor=office.actor("first"),
        examination=examination,
        position=1,
        disposition="excluded",
        features=DISSIMILAR,
        comment="The ears are another shape",
    )
    assert "another shape" not in text_of(ana, search)
    for item in examination.items.filter(disposition=""):
        decide(
            actor=office.actor("first"),
            examination=examination,
            position=item.position,
            disposition="excluded",
            features=DISSIMILAR,
            comment="",
        )
    submit_examination(actor=office.actor("first"), examination=examination)
    search.refresh_from_db()
    assert "another shape" not in text_of(ana, search)
    examine(office.actor("second"), search)
    assert "another shape" in text_of(ana, search)


def test_an_adjudication_is_shown_as_the_third(ana: Client, office: Office, search: Search) -> None:
    examine(office.actor("first"), search, {1})
    examine(office.actor("second"), search)
    assert "differ" in text_of(ana, search)
    examine(office.actor("supervisor"), search, {1})
    text = text_of(ana, search)
    assert f"Adjudication, {office.actor('supervisor').label}" in unescape(text)
    assert "Conclusion: 1 lead" in text


def test_examiners_cannot_open_it(client: Client, office: Office, search: Search) -> None:
    client.force_login(office.people["first"])
    before = AuditEntry.objects.count()
    for name in ("search", "search_document", "search_receipt"):
        assert client.get(reverse(name, args=[search.pk])).status_code == 403
    told = client.post(reverse("search_follow_up", args=[search.pk]), {"outcome": "confirmed"})
    assert told.status_code == 403
    assert AuditEntry.objects.count() == before


def test_a_stranger_to_the_case_is_refused(
    client: Client, office: Office, search: Search, bob: object
) -> None:
    search.case.members.update(ended_at=timezone.now(), ended_by_label="test")
    client.force_login(office.people["analyst"])
    assert page(client, search).status_code == 403
    client.force_login(bob)  # type: ignore[arg-type]
    assert page(client, search).status_code == 404


# --- Grounds ------------------------------------------------------------------------------------


def test_the_grounds_and_the_document(client: Client, office: Office, gallery: Gallery) -> None:
    search = searched(office, person_jpeg(1), gallery, run=False, **WARRANT)
    client.force_login(office.people["supervisor"])
    text = text_of(client, search)
    for expected in (search.reason, search.reference, search.document_sha256, "Register"):
        assert expected in text
    answer = client.get(reverse("search_document", args=[search.pk]))
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    assert answer["Content-Disposition"].startswith("attachment; filename=")
    assert "sandbox" in answer["Content-Security-Policy"]
    assert answer.content == PDF
    assert AuditEntry.objects.filter(action="search.document_viewed").count() == 1


def test_without_a_document_there_is_none(ana: Client, search: Search) -> None:
    assert ana.get(reverse("search_document", args=[search.pk])).status_code == 404


def test_the_decision_is_shown_with_its_reason(
    ana: Client, office: Office, gallery: Gallery
) -> None:
    search = searched(office, person_jpeg(1), gallery, run=False, **WARRANT)
    reason = "The warrant names this very picture"
    authorize_search(actor=office.actor("supervisor"), search=search, reason=reason)
    search.refresh_from_db()
    assert reason in text_of(ana, search)
    assert "Search authorized" in text_of(ana, search)


# --- Ends ---------------------------------------------------------------------------------------


def test_a_refused_search_shows_what_was_erased(
    ana: Client, office: Office, gallery: Gallery
) -> None:
    search = searched(office, person_jpeg(1), gallery, run=False, **WARRANT)
    reason = search.reason
    refuse_search(actor=office.actor("supervisor"), search=search, reason="Not a serious offence")
    search.refresh_from_db()
    text = text_of(ana, search)
    assert "What was erased" in text
    assert reason not in text
    assert "Search refused" in text
    answer = ana.get(reverse("search_receipt", args=[search.pk]))
    assert answer["Content-Disposition"].startswith("attachment; filename=")
    handed = json.loads(answer.content)
    signature = signing.Signature(handed["signature"]["key_id"], handed["signature"]["value"])
    signing.verify("erasure", handed["document"], signature)
    assert handed["document"]["search"] == str(search.pk)
    assert ana.get(reverse("search_document", args=[search.pk])).status_code == 404


def test_a_search_that_stands_has_no_receipt(ana: Client, search: Search) -> None:
    assert ana.get(reverse("search_receipt", args=[search.pk])).status_code == 404


def test_locked_results_are_not_shown(
    ana: Client, office: Office, gallery: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    search = conclude(office, searched(office, person_jpeg(1), gallery, limit=5, **URGENT), {1})  # type: ignore[arg-type]
    assert "Conclusion: 1 lead" in text_of(ana, search)
    for module in ("searches.search_page", "searches.services.stages"):
        monkeypatch.setattr(f"{module}.is_locked", lambda search: True)  # as 48 hours later
    text = text_of(ana, search)
    assert "results_locked" in text
    assert_nothing_of_the_result(text, search)
    told = ana.post(reverse("search_follow_up", args=[search.pk]), {"outcome": "confirmed"})
    assert told.status_code == 422
    assert b"results_locked" in told.content
    assert FollowUp.objects.count() == 0


def test_a_failed_search_says_why(ana: Client, office: Office, gallery: Gallery) -> None:
    search = searched(office, person_jpeg(1), gallery, run=False)
    Search.objects.filter(pk=search.pk).update(attempts=99)
    run_search(search.pk)
    search.refresh_from_db()
    text = text_of(ana, search)
    assert "The search failed" in text
    assert "gave_up" in text


# --- While it runs ------------------------------------------------------------------------------


def test_htmx_sees_the_progress_and_reloads_at_the_end(
    ana: Client, office: Office, gallery: Gallery
) -> None:
    search = searched(office, person_jpeg(1), gallery, run=False)
    ask = {"path": reverse("search", args=[search.pk]), "headers": {"HX-Request": "true"}}
    running = ana.get(**ask)  # type: ignore[arg-type]
    assert b"hx-get" in running.content
    assert "HX-Refresh" not in running.headers
    run_search(search.pk)
    assert ana.get(**ask).headers["HX-Refresh"] == "true"  # type: ignore[arg-type]


# --- Follow-ups ---------------------------------------------------------------------------------


def test_what_became_of_it_is_reported_on_the_page(
    ana: Client, office: Office, search: Search
) -> None:
    address = reverse("search_follow_up", args=[search.pk])
    told = {"outcome": "refuted", "note": "The fingerprints differ"}
    early = ana.post(address, told)
    assert early.status_code == 422
    assert FollowUp.objects.count() == 0
    conclude(office, search, {1})
    assert ana.post(address, {"outcome": ""}).status_code == 422
    assert ana.post(address, told).status_code == 302
    assert "The fingerprints differ" in text_of(ana, search)


# --- The probe's page ---------------------------------------------------------------------------


def test_the_form_keeps_its_values_and_points_at_what_lacks(
    ana: Client, office: Office, gallery: Gallery
) -> None:
    probe = searched(office, person_jpeg(1), gallery, run=False).probe
    address = reverse("probe", args=[probe.pk])
    asked = ana.get(address).content.decode()
    assert '<option value="missing_person" selected>' in asked
    assert 'enctype="multipart/form-data"' in asked
    assert "It is searched at once." in asked
    values = {
        "submission_key": uuid.uuid4(),
        "face": 0,
        "galleries": [gallery.pk],
        "purpose": "missing_person",
        "basis": "authorized",
        "reason": "Seen at the harbour",
        "reference": "12/2026",
        "limit": 20,
    }
    refused = ana.post(address, values)
    text = refused.content.decode()
    assert refused.status_code == 422
    assert "document_missing" in text
    assert 'value="12/2026"' in text
    assert refused.context["form"]["document"].errors
    assert Search.objects.count() == 1


def test_the_policy_is_told_on_the_form(
    ana: Client, office: Office, gallery: Gallery, alder: Agency
) -> None:
    probe = searched(office, person_jpeg(1), gallery, run=False).probe
    make_policy(alder, authorize_every_search=True)
    ana.force_login(office.people["analyst"])  # under the new policies
    text = ana.get(reverse("probe", args=[probe.pk])).content.decode()
    assert "your agency has every search authorized" in text


def test_a_supervisor_is_led_to_giving_an_examination_back_without_a_name(
    client: Client, office: Office, search: Search
) -> None:
    text = "Somebody has it in hand"
    client.force_login(office.people["supervisor"])
    assert text not in text_of(client, search)  # nobody has taken it
    first = start_examination(actor=office.actor("first"), search=search)
    link = reverse("examination_return", args=[first.pk])
    shown = text_of(client, search)
    assert link in shown
    assert text in shown
    assert_nothing_of_the_result(shown, search)
    assert client.get(link).status_code == 200
    for name in ("analyst", "auditor"):
        client.force_login(office.people[name])
        shown = text_of(client, search)
        assert text not in shown
        assert str(first.pk) not in shown
    client.force_login(office.people["supervisor"])
    assert client.post(link).status_code == 302
    assert text not in text_of(client, search)
    examine(office.actor("second"), search)  # over: its id is told to nobody
    assert "/return/" not in text_of(client, search)
