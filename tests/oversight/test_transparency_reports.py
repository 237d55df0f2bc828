"""Reports are made from the record, published for whole periods, and shown to everybody."""

import json
from base64 import b64decode
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from accounts.actor import Actor, command_actor
from accounts.models import Agency, Role, User
from oversight.faults import Fault
from oversight.models import TransparencyReport
from oversight.services.transparency import make_report, publish_report, withdraw_report
from oversight.transparency.counting import count
from oversight.transparency.files import file_of
from oversight.transparency.making import INTERNAL, KIND, PUBLIC
from oversight.transparency.periods import Period, named
from oversight.transparency.suppressing import internal_tables, public_tables
from portal import signing
from portal.audit.actions import Action
from portal.audit.canonical import document_of
from portal.audit.checkpoints import KIND as CHECKPOINT
from portal.audit.models import AuditEntry, Checkpoint
from portal.audit.recorder import record
from portal.tenancy import scope
from searches.models import Search
from tests.conftest import join
from tests.factories import make_gallery, make_policy, make_transparency_report

pytestmark = pytest.mark.django_db

ActorOf = Callable[[User, Agency], Actor]
LAST_YEAR = str(timezone.now().year - 1)
THIS_YEAR = str(timezone.now().year)


@pytest.fixture
def aud(alder: Agency) -> User:
    """Aud is Alder's auditor: reads the record and the reports in full."""
    return join(alder, "aud@alder.example", "Aud", Role.AUDITOR)


@pytest.fixture
def sup(alder: Agency) -> User:
    """Sup is a supervisor at Alder: reads reports, small numbers hidden."""
    return join(alder, "sup@alder.example", "Sup", Role.SUPERVISOR)


def submit(agency: Agency, number: int, **changed: Any) -> None:
    """Entries of searches that are in no table."""
    facts: dict[str, Any] = {
        "case": "c",
        "probe": "p",
        "face": 0,
        "galleries": [],
        "limit": 20,
        "purpose": "missing_person",
        "basis": "initial_identification",
        "authorization": "none",
    }
    for _ in range(number):
        record(command_actor("test", agency.pk), Action.SEARCH_SUBMITTED, Search(), facts | changed)


def report_of(agency: Agency, name: str = THIS_YEAR) -> TransparencyReport:
    with scope(agency.pk):
        return make_transparency_report(agency, name)


def published(agency: Agency, name: str = LAST_YEAR) -> TransparencyReport:
    report = report_of(agency, name)
    with scope(agency.pk):
        return publish_report(actor=command_actor("test", agency.pk), report=report)


def table(document: dict[str, Any], key: str) -> dict[str, Any]:
    found: dict[str, Any] = next(one for one in document["tables"] if one["key"] == key)
    return found


def code_of(act: Callable[[], object]) -> str:
    with pytest.raises(Fault) as fault:
        act()
    return fault.value.code


def test_a_report_names_the_signed_head_it_was_counted_under(alder: Agency) -> None:
    report = report_of(alder)
    document = json.loads(report.document)
    with scope(alder.pk):
        checkpoint = Checkpoint.objects.filter(agency_id=alder.pk).latest("number")
    named_head = document["record"]
    assert named_head["head"] == checkpoint.head
    assert named_head["entries"] == checkpoint.entries
    signature = signing.Signature(named_head["key_id"], named_head["signature"])
    signing.verify(CHECKPOINT, json.loads(named_head["checkpoint"]), signature)
    for text, value in (
        (report.document, report.signature),
        (report.public_document, report.public_signature),
    ):
        signing.verify(KIND, json.loads(text), signing.Signature(report.key_id, value))


def test_the_exported_record_gives_the_same_numbers(alder: Agency, tmp_path: Path) -> None:
    with scope(alder.pk):
        make_gallery(alder)
        make_policy(alder)
        submit(alder, 7)
        submit(alder, 3, purpose="identity_fraud")
    report = report_of(alder)
    document, public = json.loads(report.document), json.loads(report.public_document)
    with scope(alder.pk):
        linked = AuditEntry.objects.filter(
            agency_id=alder.pk, link__number__lte=document["record"]["entries"]
        )
        lines = [document_of(entry) for entry in linked.order_by("link__number")]
    again = count(lines, named(THIS_YEAR), alder.time_zone)
    assert internal_tables(again) == document["tables"]
    assert public_tables(again) == public["tables"]
    assert table(document, "searches")["total"] == 10
    assert table(public, "searches")["total"] == {"from": 8, "to": 11}

    export, stated = tmp_path / "record.jsonl", tmp_path / "report.json"
    export.write_text("\n".join(json.dumps(line) for line in lines))
    for audience in (INTERNAL, PUBLIC):
        stated.write_bytes(file_of(report, "json", audience, "en"))
        out = StringIO()
        call_command("recount", export=export, report=stated, stdout=out)
        assert "are what the record says" in out.getvalue()
    export.write_text("\n".join(json.dumps(line) for line in lines[:-3]))
    with pytest.raises(CommandError, match="searches"):
        call_command("recount", export=export, report=stated)


def test_what_only_the_record_knows_is_reported_and_not_hidden(alder: Agency) -> None:
    submit(alder, 1)
    report = report_of(alder)
    checks = {one["what"]: one for one in json.loads(report.document)["checks"]}
    assert checks["searches"]["only_in_record"] == 1
    assert checks["members"]["only_in_record"] == checks["members"]["only_in_tables"] == 0
    shown = {one["what"]: one for one in json.loads(report.public_document)["checks"]}
    assert shown["searches"] == {"what": "searches", "agrees": False}


def test_public_numbers_are_never_small(alder: Agency) -> None:
    submit(alder, 3)
    text = report_of(alder).public_document
    document = json.loads(text)
    assert table(document, "searches")["cells"][0][0] == {"fewer_than": 5}
    numbers = [n for one in document["tables"] for row in one["cells"] for n in row]
    assert not [n for n in numbers if isinstance(n, int) and 0 < n < 5]
    assert "alder.example" not in text


def test_only_whole_periods_that_are_over_are_published(
    alder: Agency, ada: User, as_actor: ActorOf
) -> None:
    admin = as_actor(ada, alder)
    now = report_of(alder)
    with scope(alder.pk):
        some = make_report(actor=admin, period=Period(date(2025, 1, 1), date(2025, 1, 20)))
        assert code_of(lambda: publish_report(actor=admin, report=some)) == (
            "transparency_period_not_whole"
        )
        assert code_of(lambda: publish_report(actor=admin, report=now)) == (
            "transparency_period_not_over"
        )
        assert not TransparencyReport.objects.exclude(published_at=None).exists()


def test_published_periods_never_overlap(alder: Agency) -> None:
    operator = command_actor("test", alder.pk)
    published(alder, f"{LAST_YEAR}-03")
    quarter, april = report_of(alder, f"{LAST_YEAR}-Q1"), report_of(alder, f"{LAST_YEAR}-04")
    again = report_of(alder, f"{LAST_YEAR}-03")
    with scope(alder.pk):
        march = TransparencyReport.objects.get(published_at__isnull=False)
        overlaps = "transparency_period_overlaps"
        assert code_of(lambda: publish_report(actor=operator, report=quarter)) == overlaps
        assert code_of(lambda: publish_report(actor=operator, report=again)) == (
            "transparency_already_published"
        )
        publish_report(actor=operator, report=april)
        withdraw_report(actor=operator, report=march)
        # It had been public: the numbers of the quarter would still give it away.
        assert code_of(lambda: publish_report(actor=operator, report=quarter)) == overlaps
        publish_report(actor=operator, report=again)


def refused(sql: str, *values: Any) -> str:
    with pytest.raises(DatabaseError) as error, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, values)
    return str(error.value)


def test_the_database_keeps_reports_as_they_are(alder: Agency) -> None:
    published(alder, f"{LAST_YEAR}-03")
    quarter, now = report_of(alder, f"{LAST_YEAR}-Q1"), report_of(alder)
    publish = "UPDATE oversight_transparencyreport SET published_at = now() WHERE id = %s"
    with scope(alder.pk):
        assert "transparency_overlaps" in refused(publish, quarter.pk)
        assert "transparency_early" in refused(publish, now.pk)
        for change in (
            "public_document = '{}'",
            "document = '{}'",
            "made_at = now() - interval '1 day'",
            "kind = 'other'",
        ):
            sql = f"UPDATE oversight_transparencyreport SET {change} WHERE id = %s"
            assert "transparency_fixed" in refused(sql, now.pk)
        assert "transparency_fixed" in refused("DELETE FROM oversight_transparencyreport")
        sql = "UPDATE oversight_transparencyreport SET published_at = NULL"
        assert "transparency_fixed" in refused(sql)
        with pytest.raises(DatabaseError, match="transparency_begins"), transaction.atomic():
            TransparencyReport.objects.create(
                first_day=date(2025, 1, 1), last_day=date(2025, 1, 30), kind="month"
            )


def test_every_act_is_in_the_record(alder: Agency, aud: User, client: Client) -> None:
    report = published(alder)
    with scope(alder.pk):
        withdraw_report(actor=command_actor("test", alder.pk), report=report)
    client.force_login(aud)
    client.get(reverse("transparency_file", args=[report.pk, "internal", "csv"]))
    with scope(alder.pk):
        acts = AuditEntry.objects.filter(agency_id=alder.pk, subject_id=str(report.pk))
        entries = list(acts.order_by("id").values_list("action", "data__audience"))
    assert entries == [
        ("transparency.made", None),
        ("transparency.published", None),
        ("transparency.withdrawn", None),
        ("transparency.downloaded", "internal"),
    ]


def test_only_readers_of_the_record_see_small_numbers(
    alder: Agency, aud: User, sup: User, client: Client
) -> None:
    submit(alder, 3)
    report = report_of(alder)
    address = reverse("transparency_report", args=[report.pk])
    internal = reverse("transparency_file", args=[report.pk, "internal", "json"])
    client.force_login(sup)
    page = client.get(address).content.decode()
    assert "fewer than 5" in page
    assert internal not in page
    assert client.get(internal).status_code == 403
    assert client.get(internal.replace("internal", "public")).status_code == 200
    client.force_login(aud)
    page = client.get(address).content.decode()
    assert "fewer than 5" not in page
    answer = client.get(internal)
    assert "INTERNAL" in answer["Content-Disposition"]
    assert json.loads(answer.content)["document"]["audience"] == "internal"


def test_who_may_not_publish_changes_nothing(
    alder: Agency, sup: User, client: Client, as_actor: ActorOf
) -> None:
    report = report_of(alder, LAST_YEAR)
    with scope(alder.pk), pytest.raises(PermissionDenied):
        publish_report(actor=as_actor(sup, alder), report=report)
    client.force_login(sup)
    assert client.post(reverse("transparency_publish", args=[report.pk])).status_code == 403
    report = published(alder, str(int(LAST_YEAR) - 1))
    with scope(alder.pk), pytest.raises(PermissionDenied):
        withdraw_report(actor=as_actor(sup, alder), report=report)
    with scope(alder.pk):
        assert TransparencyReport.objects.get(pk=report.pk).is_public


def test_an_admin_makes_publishes_and_withdraws_a_report(
    alder: Agency, ada: User, client: Client
) -> None:
    client.force_login(ada)
    wrong = client.post(reverse("transparency"), {"period": "any", "first": "2025-02-01"})
    assert wrong.status_code == 422
    days = {"period": "any", "first": f"{LAST_YEAR}-01-01", "last": f"{LAST_YEAR}-12-31"}
    made = client.post(reverse("transparency"), days)
    with scope(alder.pk):
        report = TransparencyReport.objects.get()
    assert made["Location"] == reverse("transparency_report", args=[report.pk])
    publish = reverse("transparency_publish", args=[report.pk])
    assert b"Publish for everybody" in client.get(publish).content
    public = reverse("public_transparency_report", args=["alder", LAST_YEAR])
    assert client.get(public).status_code == 404
    client.post(publish)
    assert client.get(public).status_code == 200
    assert client.get(publish).status_code == 409
    client.post(reverse("transparency_withdraw", args=[report.pk]))
    assert client.get(public).status_code == 404


def test_everybody_reads_what_is_published(alder: Agency, client: Client) -> None:
    published(alder)
    addresses = [reverse("public_transparency", args=["alder"])]
    addresses.append(reverse("public_transparency_report", args=["alder", LAST_YEAR]))
    for kind in ("pdf", "csv", "json"):
        addresses.append(reverse("public_transparency_file", args=["alder", LAST_YEAR, kind]))
    for address in addresses:
        answer = client.get(address)
        assert answer.status_code == 200, address
        assert answer["Cache-Control"] == "public, max-age=300"
        assert not answer.cookies, address
        assert b"@" not in answer.content.replace(b"@media", b"") or address.endswith("pdf")
    saved = json.loads(client.get(addresses[-1]).content)
    assert saved["document"]["audience"] == "public"
    assert len(b64decode(saved["public_key"])) == 32
    signature = signing.Signature(saved["key_id"], saved["signature"])
    signing.verify(saved["kind"], saved["document"], signature)
    assert "operator (test)" not in json.dumps(saved)


def test_nothing_else_is_shown_to_everybody(
    alder: Agency, birch: Agency, bob: User, client: Client
) -> None:
    published(alder)
    report_of(birch, LAST_YEAR)
    gone = [
        reverse("public_transparency", args=["birch"]),
        reverse("public_transparency", args=["nobody"]),
        reverse("public_transparency_report", args=["birch", LAST_YEAR]),
        reverse("public_transparency_report", args=["alder", THIS_YEAR]),
        reverse("public_transparency_file", args=["alder", LAST_YEAR, "exe"]),
        reverse("public_transparency_file", args=["birch", LAST_YEAR, "json"]),
    ]
    answers = [client.get(address) for address in gone]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1
    assert not any(answer.cookies for answer in answers)
    client.force_login(bob)  # whose own agency has another report of the same year
    page = client.get(reverse("public_transparency", args=["alder"]))
    assert page.status_code == 200
    assert "Birch" not in page.content.decode()
    assert client.get(gone[0]).status_code == 404


def test_public_pages_need_no_agency(alder: Agency, nil: User, client: Client) -> None:
    published(alder)
    address = reverse("public_transparency", args=["alder"])
    client.force_login(nil)
    assert client.get(address).status_code == 200


def test_a_closed_agency_shows_nothing(alder: Agency, client: Client) -> None:
    from accounts.services.agency_lifecycle import close_agency

    published(alder)
    close_agency(actor=command_actor("test", None), agency=alder, reason="It ends here")
    assert client.get(reverse("public_transparency", args=["alder"])).status_code == 404


def test_the_public_pages_are_limited(alder: Agency, client: Client, settings: Any) -> None:
    settings.ACCOUNT_RATE_LIMITS = {**settings.ACCOUNT_RATE_LIMITS, "public": "2/m/ip"}
    published(alder)
    address = reverse("public_transparency", args=["alder"])
    assert [client.get(address).status_code for _ in range(3)] == [200, 200, 429]


@pytest.mark.parametrize(("language", "words"), [("en", "Transparency report"), ("fr", "2")])
@pytest.mark.parametrize("audience", [PUBLIC, INTERNAL])
def test_the_pdf_is_tagged_and_says_who_may_read_it(
    alder: Agency, language: str, words: str, audience: str
) -> None:
    submit(alder, 3)
    pdf = file_of(report_of(alder), "pdf", audience, language)
    reader = PdfReader(BytesIO(pdf))
    root: Any = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"].startswith(language)
    text = " ".join(" ".join(page.extract_text().split()) for page in reader.pages)
    assert words in text
    if language == "en":
        assert ("INTERNAL" in text) == (audience == INTERNAL)
        assert ("fewer than 5" in text) == (audience == PUBLIC)


@pytest.mark.parametrize("name", ["ai-act", "maryland", "washington"])
def test_annual_forms_leave_blanks_where_candor_knows_nothing(
    alder: Agency, sup: User, client: Client, name: str
) -> None:
    report = report_of(alder, LAST_YEAR)
    client.force_login(sup)
    page = client.get(reverse("transparency_form", args=[report.pk, name])).content.decode()
    assert "to be filled in by the agency" in page
    assert "no legal advice" in page
    pdf = client.get(reverse("transparency_form_file", args=[report.pk, name]))
    text = " ".join(page.extract_text() for page in PdfReader(BytesIO(pdf.content)).pages)
    assert "to be filled in by the agency" in " ".join(text.split())


def test_a_form_that_would_undo_the_rule_of_periods_says_so(
    alder: Agency, sup: User, client: Client
) -> None:
    year = report_of(alder, LAST_YEAR)
    address = reverse("transparency_form", args=[year.pk, "maryland"])
    client.force_login(sup)
    warning = "small numbers could be worked out from both"
    assert warning not in client.get(address).content.decode()
    published(alder, f"{LAST_YEAR}-03")
    assert warning in client.get(address).content.decode()


def test_maryland_asks_for_what_is_never_recorded(alder: Agency, sup: User, client: Client) -> None:
    report = report_of(alder, LAST_YEAR)
    client.force_login(sup)
    page = client.get(reverse("transparency_form", args=[report.pk, "maryland"]))
    assert page.content.decode().count("Candor records no age, race or sex") == 3


def test_a_report_of_another_agency_does_not_exist(
    alder: Agency, bob: User, client: Client
) -> None:
    report = report_of(alder)
    client.force_login(bob)
    address = reverse("transparency_report", args=[report.pk])
    assert client.get(address).status_code == 404


def test_a_period_that_has_not_begun_or_is_too_long_is_refused(alder: Agency) -> None:
    operator = command_actor("test", alder.pk)
    ahead = datetime.now(UTC).date() + timedelta(days=2)
    with scope(alder.pk):
        begun = Period(ahead, ahead)
        assert code_of(lambda: make_report(actor=operator, period=begun)) == (
            "transparency_period_ahead"
        )
        long = Period(date(2000, 1, 1), date(2026, 1, 1))
        assert code_of(lambda: make_report(actor=operator, period=long)) == (
            "transparency_period_long"
        )
        assert not TransparencyReport.objects.exists()
