"""Terms of licenses: papers and two people before they are signed, amendments after."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone

from accounts.faults import Fault
from accounts.licensing import current_terms, usable_terms
from accounts.models import Agency, License, LicenseVersion
from accounts.services.licenses.drafting import amend, change_draft
from accounts.services.licenses.signing import approve_overage, sign_version
from portal.tenancy import platform_scope, scope
from tests.accounts.licenses.cast import OPERATOR, S, reference, request_overage, staff, state
from tests.factories import make_license

EACH_TEST_ALONE = True

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("missing", ["impact_assessment_id", "registration_id"])
def test_without_the_papers_nothing_becomes_active(cedar: Agency, missing: str) -> None:
    draft = make_license(cedar, sign=False, **{missing: " "})
    with pytest.raises(Fault, match="license_papers_missing"):
        sign_version(actor=OPERATOR, version=draft)
    assert state(cedar, timezone.now()) is None
    with platform_scope(), pytest.raises(IntegrityError, match="license_version_papers"):
        with transaction.atomic():
            LicenseVersion.objects.filter(pk=draft.pk).update(
                signature="x", key_id="x", document={}
            )
    draft = change_draft(actor=OPERATOR, version=draft, **{missing: "No. 7"})
    sign_version(actor=OPERATOR, version=draft)
    assert state(cedar, timezone.now()) == S.ACTIVE


def test_overage_takes_two_people(cedar: Agency) -> None:
    sue, stan = staff("sue"), staff("stan")
    draft = make_license(cedar, sign=False, searches_per_term=10)
    with pytest.raises(PermissionDenied):
        request_overage(actor=OPERATOR, version=draft, unit_price=Decimal(5), cap=20)
    with pytest.raises(Fault, match="license_overage_not_asked_for"):
        approve_overage(actor=stan, version=draft)
    draft = request_overage(actor=sue, version=draft, unit_price=Decimal("4.5"), cap=20)
    with pytest.raises(Fault, match="license_overage_not_approved"):
        sign_version(actor=stan, version=draft)
    with pytest.raises(Fault, match="license_overage_own_request"):
        approve_overage(actor=sue, version=draft)
    with pytest.raises(PermissionDenied):
        approve_overage(actor=OPERATOR, version=draft)
    approve_overage(actor=stan, version=draft)
    sign_version(actor=sue, version=draft)
    with scope(cedar.pk):
        terms = usable_terms(cedar.pk, timezone.now())
    assert (terms.overage_allowed, terms.overage_unit_price, terms.overage_cap) == (
        True,
        Decimal("4.5000"),
        20,
    )


def test_another_price_needs_another_approval(cedar: Agency) -> None:
    sue, stan = staff("sue"), staff("stan")
    draft = make_license(cedar, sign=False)
    draft = request_overage(actor=sue, version=draft, unit_price=Decimal(5), cap=20)
    draft = approve_overage(actor=stan, version=draft)
    draft = change_draft(actor=stan, version=draft, seats=3)
    assert draft.overage_approved_by_id == stan.user_id
    draft = change_draft(actor=stan, version=draft, overage_unit_price=Decimal(6))
    assert (draft.overage_requested_by_id, draft.overage_approved_by_id) == (stan.user_id, None)
    signed = sign_version(actor=sue, version=approve_overage(actor=sue, version=draft))
    day = signed.starts_on + timedelta(days=60)
    more = amend(actor=sue, license=signed.license, effective_on=day, change_note="Seats", seats=5)
    assert more.overage_approved_by_id == sue.user_id  # nothing of the overage changed
    sign_version(actor=sue, version=more)


@pytest.mark.parametrize(
    "change",
    [
        "overage_approved_by_id = 1, overage_requested_by_id = 1",
        "overage_approved_by_id = 1, overage_requested_by_id = NULL",
        "overage_allowed = true",
        "purposes = ARRAY['immigration']",
        "purposes = ARRAY[]::varchar[]",
        "source_kinds = ARRAY['social_media']",
        "ends_on = starts_on - 1",
        "effective_on = starts_on - 1",
        "effective_on = ends_on + 1",
        "amount = -1",
        "currency = 'usd'",
        "signature = 'x'",
        "trial = true",
        "license_id = license_id + 1",
        "version = 9",
    ],
)
def test_the_database_refuses_what_no_license_may_be(cedar: Agency, change: str) -> None:
    draft = make_license(cedar, sign=False)
    with platform_scope(), pytest.raises(IntegrityError):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE accounts_licenseversion SET {change} WHERE id = %s",
                [draft.pk],
            )


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"ends_on": date(2000, 1, 1)}, "ends_on"),
        ({"purposes": ["immigration"]}, "purposes"),
        ({"purposes": []}, "purposes"),
        ({"currency": "usd"}, "currency"),
        ({"amount": Decimal(-1)}, "amount"),
        ({"number": "l 1"}, "number"),
    ],
)
def test_wrong_terms_are_refused_at_their_field(
    cedar: Agency, values: dict[str, Any], field: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        make_license(cedar, **values)
    assert field in refused.value.message_dict
    with platform_scope():
        assert License.objects.count() == 0


def test_a_trial_is_short_and_costs_nothing(cedar: Agency) -> None:
    for values in ({"amount": Decimal(1)}, {"amount": Decimal(0)}):
        with pytest.raises(ValidationError):
            make_license(cedar, sign=False, trial=True, **values)


def test_numbers_are_given_in_order(cedar: Agency) -> None:
    year = timezone.now().astimezone().year
    first, second = (make_license(cedar).license.number for _ in range(2))
    assert [first, second] == [f"L-{year}-0001", f"L-{year}-0002"]


def test_an_amendment_takes_effect_on_its_day_and_says_what_changed(cedar: Agency) -> None:
    first = reference(cedar)
    draft = amend(
        actor=OPERATOR,
        license=first.license,
        effective_on=date(2021, 1, 15),
        change_note="Ten more seats",
        seats=50,
        amount=Decimal("250000.00"),
    )
    with pytest.raises(Fault, match="license_draft_open"):
        amend(
            actor=OPERATOR,
            license=first.license,
            effective_on=date(2021, 2, 1),
            change_note="Again",
        )
    sign_version(actor=OPERATOR, version=draft)
    with scope(cedar.pk):
        before = current_terms(cedar.pk, datetime(2021, 1, 15, 7, 59, tzinfo=UTC))
        after = current_terms(cedar.pk, datetime(2021, 1, 15, 8, tzinfo=UTC))
    assert before is not None
    assert after is not None
    assert (before.version, before.seats, after.version, after.seats) == (1, 40, 2, 50)
    assert draft.purchase_order == first.purchase_order
    for day, note, code in (
        (date(2021, 1, 15), "Same day", "license_version_too_early"),
        (date(2021, 1, 14), "Earlier", "license_version_too_early"),
        (date(2021, 2, 1), "  ", "license_change_note_missing"),
    ):
        with pytest.raises(Fault, match=code):
            amend(actor=OPERATOR, license=first.license, effective_on=day, change_note=note)


def test_an_amendment_outside_the_term_is_refused(cedar: Agency) -> None:
    first = reference(cedar)
    with pytest.raises(ValidationError, match="within the term"):
        amend(
            actor=OPERATOR,
            license=first.license,
            effective_on=date(2021, 9, 5),
            change_note="Too late",
        )


def test_signed_versions_do_not_change(cedar: Agency) -> None:
    version = reference(cedar)
    with pytest.raises(Fault, match="license_signed"):
        change_draft(actor=OPERATOR, version=version, seats=99)
    for sql in (
        "UPDATE accounts_licenseversion SET seats = 99",
        "DELETE FROM accounts_licenseversion",
        "UPDATE accounts_license SET number = 'X'",
        "DELETE FROM accounts_license",
        "DELETE FROM accounts_licenseact",
    ):
        with platform_scope(), pytest.raises(DatabaseError, match=r"append-only|permission denied"):
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(sql)
