"""Licenses on the platform's pages, and the agency's own page about its license."""

import base64
import json
import re
import subprocess
import sys
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.actor import command_actor
from accounts.licensing import LicenseState, current_terms
from accounts.models import Agency, AgencyState, License, LicenseVersion, Plan, User
from accounts.services.agencies import create_agency
from accounts.services.licenses.drafting import amend
from accounts.services.licenses.plans import create_plan_version, publish_plan
from accounts.services.licenses.signing import sign_version
from accounts.services.staff import staff_actor
from portal.audit.models import AuditEntry
from portal.signing import public_key_text
from portal.tenancy import platform_scope, scope
from tests.accounts.licenses.cast import PLAN, request_overage
from tests.accounts.platform_cast import enter
from tests.factories import make_license

pytestmark = pytest.mark.django_db
OPERATOR = command_actor("test", None)
REASON = "Unpaid since the month of May"


@pytest.fixture
def cedar(db: None) -> Agency:
    """Cedar Police has no license yet."""
    return create_agency(
        actor=OPERATOR, name="Cedar Police", slug="cedar", state=AgencyState.ACTIVE
    )


@pytest.fixture
def plan(db: None) -> Plan:
    """The published plan County."""
    return publish_plan(
        actor=OPERATOR, plan=create_plan_version(actor=OPERATOR, code="county", **PLAN)
    )


def typed_by_hand(page: str) -> dict[str, Any]:
    """What a browser would send of the form if nobody touched it."""
    values: dict[str, Any] = {}
    for tag in re.findall(r"<input[^>]*>", page):
        name, kind = (re.search(rf'{key}="([^"]*)"', tag) for key in ("name", "type"))
        value = re.search(r'value="([^"]*)"', tag)
        if name is None or (kind and kind[1] in ("submit", "search")):
            continue
        if kind and kind[1] in ("checkbox", "radio"):
            if re.search(r"\schecked[\s>]", tag):
                values.setdefault(name[1], []).append(value[1] if value else "on")
        else:
            values[name[1]] = value[1] if value else ""
    return values


REFERENCE = {
    "purchase_order": "PO-130",
    "contract_number": "C-7",
    "signed_on": "2020-08-12",
    "starts_on": "2020-09-05",
    "impact_assessment_id": "DPIA-9",
    "registration_id": "REG-9",
}


def test_the_reference_license_is_entered_on_one_page_from_a_plan(
    inside: Client, cedar: Agency, plan: Plan
) -> None:
    address = reverse("admin:accounts_license_add") + f"?plan={plan.pk}"
    page = inside.get(address)
    assert page.status_code == 200
    values = typed_by_hand(page.text)
    assert (values["amount"], values["seats"], values["currency"]) == ("224000.00", "40", "USD")
    typed = {**values, **REFERENCE, "agency": cedar.pk, "sign": "1"}
    response = inside.post(address, typed)
    assert response.status_code == 302, re.findall(r"<code>.*?</code>|text-red.*?<", response.text)
    with platform_scope():
        version = LicenseVersion.objects.select_related("license").get()
    assert response["Location"] == reverse(
        "admin:accounts_license_change", args=[version.license_id]
    )
    assert version.is_signed
    assert (version.amount, version.currency, version.seats) == (Decimal(224000), "USD", 40)
    assert (version.signed_on, version.starts_on) == (date(2020, 8, 12), date(2020, 9, 5))
    assert (version.ends_on, version.effective_on) == (date(2021, 9, 4), date(2020, 9, 5))
    assert version.license.plan_id == plan.pk
    assert version.made_by_label == "sue@platform.example"
    page_of_it = inside.get(response["Location"]).text
    for words in ("PO-130", "224,000.00 USD", "Missing person", version.key_id, "Amend", "Renew"):
        assert words in page_of_it, words


def test_a_wrong_form_says_what_is_wrong_and_saves_nothing(inside: Client, cedar: Agency) -> None:
    address = reverse("admin:accounts_license_add")
    values = typed_by_hand(inside.get(address).text)
    typed = {**values, **REFERENCE, "agency": cedar.pk, "amount": "1", "currency": "USD"}
    for wrong, words in (
        ({"ends_on": "2020-01-01"}, "The last day must not lie before the first."),
        ({"purposes": ["immigration"]}, "Select a valid choice"),
        ({"overage_allowed": "on"}, "need a price and a most"),
        ({"registration_id": "", "sign": "1"}, "license_papers_missing"),
        ({"currency": "usd"}, "Three capital letters"),
        ({"galleries": "not-an-id"}, "not-an-id"),
        ({"agency": ""}, "This field is required"),
    ):
        response = inside.post(address, typed | wrong)
        assert response.status_code == 422, wrong
        assert words in response.text, wrong
    with platform_scope():
        assert not License.objects.exists()


def test_staff_amend_and_renew_on_pages(inside: Client, cedar: Agency) -> None:
    first = make_license(cedar, seats=40)
    license = first.license
    address = reverse("admin:accounts_license_amend", args=[license.pk])
    values = typed_by_hand(inside.get(address).text)
    day = first.starts_on + timedelta(days=60)
    values["purposes"].remove("identity_fraud")
    typed = {**values, "seats": "55", "effective_on": day.isoformat(), "sign": "1"}
    assert inside.post(address, typed).status_code == 422  # without saying what changed
    typed["change_note"] = "Fifteen more seats"
    assert inside.post(address, typed).status_code == 302
    page = inside.get(reverse("admin:accounts_license_change", args=[license.pk])).text
    assert "Fifteen more seats" in page
    assert "Seats: 40, now 55" in page
    assert "taken out: Identity fraud" in page
    address = reverse("admin:accounts_license_renew", args=[license.pk])
    values = typed_by_hand(inside.get(address).text)
    assert inside.post(address, values).status_code == 302
    with platform_scope():
        renewal = License.objects.get(renews=license)
        draft = renewal.versions.get()
    assert (draft.starts_on, draft.seats) == (first.ends_on + timedelta(days=1), 55)
    edit = reverse("admin:accounts_license_edit_draft", args=[renewal.pk])
    values = typed_by_hand(inside.get(edit).text)
    assert inside.post(edit, {**values, "purchase_order": "PO-2"}).status_code == 302
    with platform_scope():
        draft.refresh_from_db()
    assert draft.purchase_order == "PO-2"


def test_acts_ask_first_and_need_a_reason(inside: Client, cedar: Agency) -> None:
    license = make_license(cedar).license
    for act, expected in (
        ("suspend", LicenseState.SUSPENDED),
        ("resume", LicenseState.ACTIVE),
        ("terminate", LicenseState.TERMINATED),
    ):
        address = reverse(f"admin:accounts_license_{act}", args=[license.pk])
        assert inside.get(address).status_code == 200
        assert inside.post(address, {"reason": "no"}).status_code == 422
        assert inside.post(address, {"reason": REASON}).status_code == 302
        with scope(cedar.pk):
            terms = current_terms(cedar.pk, timezone.now())
        assert terms is not None
        assert terms.state == expected
    again = inside.post(
        reverse("admin:accounts_license_suspend", args=[license.pk]), {"reason": REASON}
    )
    assert again.status_code == 422
    assert "license_terminated" in again.text


def test_whoever_asked_for_overage_does_not_approve_it(
    inside: Client, cedar: Agency, sue: User, stan: User
) -> None:
    draft = make_license(cedar, sign=False)
    actor = staff_actor(sue, "127.0.0.1")
    request_overage(actor=actor, version=draft, unit_price=Decimal(5), cap=20)
    page = inside.get(reverse("admin:accounts_license_change", args=[draft.license_id])).text
    assert "nobody yet" in page
    sign = reverse("admin:accounts_license_sign", args=[draft.license_id])
    approve = reverse("admin:accounts_license_approve", args=[draft.license_id])
    assert "license_overage_not_approved" in inside.post(sign).text
    refused = inside.post(approve)
    assert refused.status_code == 422
    assert "license_overage_own_request" in refused.text
    enter(inside, stan)
    assert inside.post(approve).status_code == 302
    assert inside.post(sign).status_code == 302
    with platform_scope():
        draft.refresh_from_db()
    assert (draft.is_signed, draft.overage_approved_by_label) == (True, stan.email)


def test_only_what_the_state_allows_is_offered(inside: Client, cedar: Agency) -> None:
    draft = make_license(cedar, sign=False)
    address = reverse("admin:accounts_license_change", args=[draft.license_id])

    def offered() -> set[str]:
        page = inside.get(address).text
        return set(
            re.findall(rf'href="/platform/accounts/license/{draft.license_id}/(\w+)', page)
        ) - {"change"}

    assert offered() == {"draft", "sign", "terminate"}
    sign_version(actor=OPERATOR, version=draft)
    assert offered() == {"amend", "renew", "suspend", "terminate"}
    inside.post(
        reverse("admin:accounts_license_terminate", args=[draft.license_id]), {"reason": REASON}
    )
    assert offered() == set()


def test_the_list_filters_by_state_and_by_what_expires(inside: Client, alder: Agency) -> None:
    today = timezone.now().date()
    for days in (10, 45, 80, 200):
        make_license(alder, number=f"E-{days}", ends_on=today + timedelta(days=days))
    make_license(alder, number="E-OVER", ends_on=today - timedelta(days=1))
    make_license(alder, number="E-DRAFT", sign=False)
    address = reverse("admin:accounts_license_changelist")

    def numbers(**query: str) -> set[str]:
        return set(re.findall(r"E-\w+", inside.get(address, query).text))

    assert numbers(expiring="30") == {"E-10"}
    assert numbers(expiring="60") == {"E-10", "E-45"}
    assert numbers(expiring="90") == {"E-10", "E-45", "E-80"}
    assert numbers(state="expired") == {"E-OVER"}
    assert numbers(state="draft") == {"E-DRAFT"}
    assert "E-200" in numbers(state="active")
    assert numbers(expiring="nonsense") == numbers()
    assert numbers(q="E-10") == {"E-10"}


def test_the_list_asks_as_much_of_the_database_for_more_licenses(
    inside: Client, alder: Agency
) -> None:
    address = reverse("admin:accounts_license_changelist")

    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert inside.get(address).status_code == 200
        return len(captured)

    before = queries()
    for number in range(5):
        make_license(alder, number=f"E-{number}")
    assert queries() == before


def test_looking_at_a_license_is_recorded_with_its_agency(inside: Client, cedar: Agency) -> None:
    license = make_license(cedar).license
    inside.get(reverse("admin:accounts_license_change", args=[license.pk]))
    inside.get(reverse("admin:accounts_license_suspend", args=[license.pk]))
    for agency_id in (None, cedar.pk):
        with scope(agency_id) if agency_id else platform_scope():
            seen = AuditEntry.objects.filter(agency_id=agency_id, action="license.viewed")
            assert seen.count() == 2


def test_plans_are_drafted_published_and_made_anew(inside: Client) -> None:
    address = reverse("admin:accounts_plan_add")
    values = typed_by_hand(inside.get(address).text)
    typed = {**values, "code": "city", "name": "City", "currency": "EUR", "price": "9000"}
    wrong = inside.post(address, {**typed, "overage_allowed": "on"})
    assert "need a price and a most" in wrong.text
    assert inside.post(address, typed).status_code == 302
    with platform_scope():
        plan = Plan.objects.get()
    assert (plan.version, plan.published_at, len(plan.purposes)) == (1, None, 5)
    page = inside.get(reverse("admin:accounts_plan_change", args=[plan.pk]))
    assert page.status_code == 200
    publish = reverse("admin:accounts_plan_publish", args=[plan.pk])
    assert inside.get(publish).status_code == 200
    assert inside.post(publish).status_code == 302
    assert inside.post(publish).status_code == 422
    anew = inside.get(reverse("admin:accounts_plan_make_anew", args=[plan.pk]))
    values = typed_by_hand(inside.get(anew["Location"]).text)
    assert (values["code"], values["price"]) == ("city", "9000.00")
    assert inside.post(address, {**values, "price": "9500"}).status_code == 302
    with platform_scope():
        assert list(Plan.objects.values_list("version", "price")) == [
            (2, Decimal("9500.00")),
            (1, Decimal("9000.00")),
        ]


# --- The agency's page --------------------------------------------------------------------------


def test_the_agency_reads_its_license_and_what_changed(
    client: Client, alder: Agency, ada: User
) -> None:
    version = make_license(alder, seats=40, grace_days=7, purchase_order="PO-77")
    day = version.starts_on + timedelta(days=10)
    draft = amend(
        actor=OPERATOR, license=version.license, effective_on=day, change_note="More", seats=50
    )
    sign_version(actor=OPERATOR, version=draft)
    make_license(alder, sign=False, number="L-UNSIGNED")
    client.force_login(ada)
    page = client.get(reverse("license"))
    assert page.status_code == 200
    for words in ("Active", version.license.number, "PO-77", "More", "40", "50", "Missing person"):
        assert words in page.text, words
    assert "L-UNSIGNED" not in page.text


def test_an_agency_without_a_license_is_told_who_can_act(
    client: Client, cedar: Agency, settings: Any
) -> None:
    from accounts.models import Role
    from tests.conftest import join

    settings.PLATFORM_CONTACT = "duty@platform.example"
    make_license(cedar, sign=False, seats=40)
    client.force_login(join(cedar, "ada@cedar.example", "Ada", Role.ADMIN))
    page = client.get(reverse("license"))
    assert page.status_code == 200
    assert "has no license" in page.text
    assert "duty@platform.example" in page.text


def test_a_suspended_license_shows_the_reason(client: Client, alder: Agency, ada: User) -> None:
    from accounts.services.licenses.acts import suspend

    with platform_scope():
        license = License.objects.get(agency=alder, trial=False)
    suspend(actor=OPERATOR, license=license, reason=REASON)
    client.force_login(ada)
    assert REASON in client.get(reverse("license")).text


def test_a_license_that_was_changed_is_not_shown_as_good(
    client: Client, alder: Agency, ada: User, settings: Any, bells: object
) -> None:
    client.force_login(ada)
    settings.SIGNING_KEY = bytes(range(32))
    page = client.get(reverse("license"))
    assert page.status_code == 409
    assert "does not match its signature" in page.text
    assert "In effect" not in page.text


def test_the_signed_object_is_downloaded_whole(client: Client, alder: Agency, ada: User) -> None:
    with platform_scope():
        versions = LicenseVersion.objects.select_related("license")
        version = versions.get(agency=alder, trial=False)
    client.force_login(ada)
    response = client.get(reverse("license_download", args=[version.pk]))
    assert response.status_code == 200
    assert response["Content-Type"] == "application/json"
    assert f"{version.license.number}-1.json" in response["Content-Disposition"]
    signed = json.loads(response.content)
    assert set(signed) == {"kind", "document", "signature", "key_id", "public_key"}
    assert signed["document"] == version.document


def test_drafts_and_licenses_of_others_are_not_downloaded(
    client: Client, alder: Agency, birch: Agency, ada: User
) -> None:
    draft = make_license(alder, sign=False)
    foreign = make_license(birch)
    client.force_login(ada)
    for version in (draft, foreign):
        assert client.get(reverse("license_download", args=[version.pk])).status_code == 404


def documented_snippet() -> str:
    """The Python of docs/licenses.md."""
    text = (Path(__file__).resolve().parents[2] / "docs" / "licenses.md").read_text()
    (snippet,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    return str(snippet)


def test_the_snippet_in_the_docs_verifies_a_download(
    client: Client, alder: Agency, ada: User, tmp_path: Path
) -> None:
    version = make_license(alder, purchase_order="PO-\u00e9\u20ac", galleries=[])
    client.force_login(ada)
    content = client.get(reverse("license_download", args=[version.pk])).content
    (tmp_path / "license.json").write_bytes(content)
    (tmp_path / "verify.py").write_text(documented_snippet())

    def run(name: str, key: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "verify.py", name, key]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    genuine = run("license.json", public_key_text())
    assert genuine.returncode == 0, genuine.stderr
    assert f"genuine: {version.license.number} version 1" in genuine.stdout
    changed = json.loads(content)
    changed["document"]["seats"] = 4000
    (tmp_path / "changed.json").write_text(json.dumps(changed))
    assert "InvalidSignature" in run("changed.json", public_key_text()).stderr
    other = base64.b64encode(bytes(range(32))).decode()
    assert run("license.json", other).returncode != 0
