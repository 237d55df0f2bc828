"""Licenses: states over days and time zones, signed terms, two people, who sees them."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone

from accounts.actor import Actor, command_actor
from accounts.faults import Fault
from accounts.license_queries import with_state
from accounts.licensing import (
    LicenseState,
    current_terms,
    state_at,
    usable_terms,
    version_at,
)
from accounts.models import (
    Agency,
    AgencyState,
    Invoice,
    InvoiceState,
    License,
    LicenseAct,
    LicenseVersion,
    Plan,
    User,
)
from accounts.purposes import Purpose, SourceKind
from accounts.services.agencies import create_agency
from accounts.services.licenses import trial
from accounts.services.licenses.acts import resume, suspend, terminate
from accounts.services.licenses.drafting import amend, change_draft, draft_license, renew
from accounts.services.licenses.plans import create_plan_version, publish_plan
from accounts.services.licenses.signing import approve_overage, request_overage, sign_version
from accounts.services.staff import staff_actor
from portal.audit.models import AuditEntry
from portal.demo.cast import PEOPLE, demo_agency
from portal.tenancy import ScopeError, platform_scope, scope
from tests.conftest import PASSWORD
from tests.factories import make_license
from tests.second_factor import SECRET

EACH_TEST_ALONE = True

pytestmark = pytest.mark.django_db
OPERATOR = command_actor("test", None)
S = LicenseState
REASON = "Unpaid since the month of May"


@pytest.fixture
def cedar(db: None) -> Agency:
    """Cedar Police, in Los Angeles, has no license yet."""
    return create_agency(
        actor=OPERATOR,
        name="Cedar Police",
        slug="cedar",
        time_zone="America/Los_Angeles",
        state=AgencyState.ACTIVE,
    )


def staff(name: str) -> Actor:
    email = f"{name}@platform.example"
    user = User.objects.filter(email=email).first() or User.objects.create_user(
        email, PASSWORD, name=name, is_staff=True
    )
    return staff_actor(user, "127.0.0.1")


def reference(agency: Agency, **more: Any) -> LicenseVersion:
    """The license of the reference case, ordered on 12 August 2020."""
    terms: dict[str, Any] = {
        "purchase_order": "PO-70CMSD20P00000130",
        "contract_number": "C-1",
        "amount": Decimal("224000.00"),
        "currency": "USD",
        "signed_on": date(2020, 8, 12),
        "starts_on": date(2020, 9, 5),
        "ends_on": date(2021, 9, 4),
        "seats": 40,
    }
    return make_license(agency, **terms | more)


def state(agency: Agency, at: datetime) -> LicenseState | None:
    """What the code says, in the agency's scope; the list in the database must agree."""
    with scope(agency.pk):
        terms = current_terms(agency.pk, at)
    with platform_scope():
        for license in with_state(License.objects.all(), at):
            version = version_at(license.versions.all(), license.today)
            zone = license.agency.time_zone
            assert license.state == state_at(license.acts.all(), version, at, zone), license.number
            assert license.in_effect == (version.pk if version else None)
    return terms.state if terms else None


# --- States over days and acts ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        # Los Angeles is seven hours behind UTC in September.
        (datetime(2020, 9, 5, 6, 59, 59, tzinfo=UTC), S.PENDING),
        (datetime(2020, 9, 5, 7, 0, tzinfo=UTC), S.ACTIVE),
        (datetime(2021, 3, 1, tzinfo=UTC), S.ACTIVE),
        (datetime(2021, 9, 5, 6, 59, 59, tzinfo=UTC), S.ACTIVE),
        (datetime(2021, 9, 5, 7, 0, tzinfo=UTC), S.GRACE),
        (datetime(2021, 9, 15, 6, 59, 59, tzinfo=UTC), S.GRACE),
        (datetime(2021, 9, 15, 7, 0, tzinfo=UTC), S.EXPIRED),
    ],
)
def test_the_reference_license_is_active_inside_its_days_only(
    cedar: Agency, at: datetime, expected: LicenseState
) -> None:
    reference(cedar, grace_days=10)
    assert state(cedar, at) == expected


def test_without_grace_a_license_ends_with_its_last_day(cedar: Agency) -> None:
    reference(cedar)
    assert state(cedar, datetime(2021, 9, 5, 7, tzinfo=UTC)) == S.EXPIRED


def test_the_same_moment_is_another_day_elsewhere(cedar: Agency, alder: Agency) -> None:
    moment = datetime(2020, 9, 5, 1, tzinfo=UTC)
    kiri = create_agency(
        actor=OPERATOR,
        name="Kiri",
        slug="kiri",
        time_zone="Pacific/Kiritimati",
        state=AgencyState.ACTIVE,
    )
    reference(cedar)
    reference(kiri)
    assert (state(cedar, moment), state(kiri, moment)) == (S.PENDING, S.ACTIVE)


def test_acts_suspend_resume_and_end(alder: Agency) -> None:
    license = make_license(alder, grace_days=5).license
    with platform_scope():
        other = License.objects.filter(agency=alder).exclude(pk=license.pk)
        for one in other:
            terminate(actor=OPERATOR, license=one, reason=REASON)
    assert state(alder, timezone.now()) == S.ACTIVE
    suspend(actor=OPERATOR, license=license, reason=REASON)
    assert state(alder, timezone.now()) == S.SUSPENDED
    later = timezone.now() + timedelta(days=3)
    resume(actor=OPERATOR, license=license, reason=REASON, effective_at=later)
    assert state(alder, later - timedelta(seconds=1)) == S.SUSPENDED
    assert state(alder, later) == S.ACTIVE
    end = later + timedelta(days=1)
    terminate(actor=OPERATOR, license=license, reason=REASON, effective_at=end)
    assert (state(alder, later), state(alder, end)) == (S.ACTIVE, S.TERMINATED)
    with pytest.raises(Fault, match="license_terminated"):
        suspend(actor=OPERATOR, license=license, reason=REASON)


def test_acts_follow_each_other_and_have_reasons(alder: Agency) -> None:
    license = make_license(alder).license
    past = timezone.now() - timedelta(minutes=1)
    for act, reason, at, code in (
        (resume, REASON, None, "license_act_refused"),
        (suspend, "no", None, "reason_too_short"),
        (suspend, REASON, past, "license_act_too_early"),
        (terminate, REASON, past, "license_act_too_early"),
    ):
        with pytest.raises(Fault, match=code):
            act(actor=OPERATOR, license=license, reason=reason, effective_at=at)
    suspend(actor=OPERATOR, license=license, reason=REASON)
    with pytest.raises(Fault, match="license_act_refused"):
        suspend(actor=OPERATOR, license=license, reason=REASON)
    with platform_scope():
        assert LicenseAct.objects.count() == 1


# --- Which license counts -----------------------------------------------------------------------


def number_at(agency: Agency, at: datetime) -> str:
    with scope(agency.pk):
        terms = current_terms(agency.pk, at)
    assert terms is not None
    return terms.number


def test_a_renewal_counts_from_its_first_day_though_they_overlap(cedar: Agency) -> None:
    first = reference(cedar, number="L-1", grace_days=30)
    draft = renew(actor=OPERATOR, license=first.license, starts_on=date(2021, 8, 1))
    assert (draft.starts_on, draft.ends_on) == (date(2021, 8, 1), date(2022, 7, 31))
    assert (draft.purchase_order, draft.seats) == ("", 40)
    second = sign_version(actor=OPERATOR, version=draft).license
    assert second.renews_id == first.license_id
    assert number_at(cedar, datetime(2021, 7, 31, 12, tzinfo=UTC)) == "L-1"
    assert number_at(cedar, datetime(2021, 8, 1, 12, tzinfo=UTC)) == second.number
    assert number_at(cedar, datetime(2021, 9, 20, 12, tzinfo=UTC)) == second.number


def test_renewals_follow_on_without_a_gap(cedar: Agency) -> None:
    draft = renew(actor=OPERATOR, license=reference(cedar).license)
    assert (draft.starts_on, draft.ends_on) == (date(2021, 9, 5), date(2022, 9, 4))
    assert (draft.version, draft.is_signed) == (1, False)


def test_while_a_renewal_is_suspended_the_older_one_counts(cedar: Agency) -> None:
    first = make_license(cedar, number="L-1")
    today = first.starts_on + timedelta(days=30)
    second = make_license(cedar, number="L-2", starts_on=today)
    assert number_at(cedar, timezone.now()) == "L-2"
    suspend(actor=OPERATOR, license=second.license, reason=REASON)
    assert number_at(cedar, timezone.now()) == "L-1"
    suspend(actor=OPERATOR, license=first.license, reason=REASON)
    with scope(cedar.pk), pytest.raises(Fault, match="license_suspended"):
        usable_terms(cedar.pk, timezone.now())


def test_a_bought_license_counts_before_a_trial(alder: Agency) -> None:
    assert number_at(alder, timezone.now()).startswith("L-")


def test_an_agency_on_trial_can_work_at_once_within_narrow_limits(db: None) -> None:
    agency = create_agency(actor=OPERATOR, name="Fir", slug="fir")
    with scope(agency.pk):
        terms = usable_terms(agency.pk, timezone.now())
    assert terms.trial
    assert (terms.seats, terms.searches_per_term, terms.faces) == (
        trial.SEATS,
        trial.SEARCHES,
        trial.FACES,
    )
    assert terms.purposes == set(Purpose.values)
    assert (terms.ends_on - terms.starts_on).days == trial.DAYS - 1
    assert state(agency, timezone.now() + timedelta(days=trial.DAYS)) == S.EXPIRED
    with platform_scope():
        license = License.objects.get()
    with pytest.raises(Fault, match="license_trial_not_renewed"):
        renew(actor=OPERATOR, license=license)


def test_an_active_agency_without_a_license_may_do_nothing(cedar: Agency) -> None:
    with scope(cedar.pk):
        assert current_terms(cedar.pk, timezone.now()) is None
        with pytest.raises(Fault, match="license_missing"):
            usable_terms(cedar.pk, timezone.now())


# --- Drafts, papers, two people -----------------------------------------------------------------


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


# --- Amendments ---------------------------------------------------------------------------------


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


# --- Plans --------------------------------------------------------------------------------------

PLAN: dict[str, Any] = {
    "name": "County",
    "currency": "USD",
    "price": Decimal("224000.00"),
    "term_months": 12,
    "seats": 40,
    "searches_per_term": 5000,
    "purposes": [Purpose.MISSING_PERSON.value],
    "source_kinds": [SourceKind.ARREST_PHOTOGRAPHS.value],
    "grace_days": 14,
}


def test_a_new_version_of_a_plan_leaves_sold_licenses_alone(cedar: Agency) -> None:
    plan = create_plan_version(actor=OPERATOR, code="county", **PLAN)
    with pytest.raises(Fault, match="plan_not_published"):
        draft_license(actor=OPERATOR, agency=cedar, plan=plan)
    publish_plan(actor=OPERATOR, plan=plan)
    with pytest.raises(Fault, match="plan_published"):
        publish_plan(actor=OPERATOR, plan=plan)
    plan.refresh_from_db()
    papers: dict[str, Any] = {"impact_assessment_id": "A", "registration_id": "R"}
    draft = draft_license(actor=OPERATOR, agency=cedar, plan=plan, **papers)
    sold = sign_version(actor=OPERATOR, version=draft)
    assert (sold.amount, sold.seats, sold.grace_days) == (Decimal("224000.00"), 40, 14)
    newer = create_plan_version(actor=OPERATOR, code="county", **PLAN | {"seats": 1})
    publish_plan(actor=OPERATOR, plan=newer)
    assert (plan.version, newer.version) == (1, 2)
    with scope(cedar.pk):
        terms = usable_terms(cedar.pk, timezone.now())
    assert terms.seats == 40
    assert terms.purposes == {"missing_person"}


def test_a_published_plan_cannot_be_changed_even_by_sql(cedar: Agency) -> None:
    plan = create_plan_version(actor=OPERATOR, code="county", **PLAN)
    publish_plan(actor=OPERATOR, plan=plan)
    for sql in (
        "UPDATE accounts_plan SET seats = 99",
        "UPDATE accounts_plan SET published_at = NULL",
        "DELETE FROM accounts_plan",
    ):
        with platform_scope(), pytest.raises(IntegrityError, match="append-only"):
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(sql)
    with scope(cedar.pk), connection.cursor() as cursor:
        cursor.execute("UPDATE accounts_plan SET seats = 99")
        assert cursor.rowcount == 0
        assert Plan.objects.count() == 1


# --- Who may, who sees --------------------------------------------------------------------------


def test_only_the_platform_deals_with_licenses(cedar: Agency, ana: User, alder: Agency) -> None:
    license = make_license(cedar).license
    agency_actor = command_actor("test", cedar.pk)
    draft = make_license(cedar, sign=False)
    day = draft.starts_on + timedelta(days=1)
    acts: list[Any] = [
        lambda a: create_plan_version(actor=a, code="x", **PLAN),
        lambda a: draft_license(actor=a, agency=cedar),
        lambda a: change_draft(actor=a, version=draft, seats=1),
        lambda a: amend(actor=a, license=license, effective_on=day, change_note="x"),
        lambda a: renew(actor=a, license=license),
        lambda a: sign_version(actor=a, version=draft),
        lambda a: request_overage(actor=a, version=draft, unit_price=Decimal(1), cap=1),
        lambda a: approve_overage(actor=a, version=draft),
        lambda a: suspend(actor=a, license=license, reason=REASON),
        lambda a: resume(actor=a, license=license, reason=REASON),
        lambda a: terminate(actor=a, license=license, reason=REASON),
    ]
    before = rows()
    for act in acts:
        with pytest.raises(PermissionDenied):
            act(agency_actor)
    assert rows() == before


def rows() -> tuple[int, ...]:
    with platform_scope():
        models = (Plan, License, LicenseVersion, LicenseAct, AuditEntry)
        return tuple(model._default_manager.count() for model in models)


def test_agencies_see_their_own_licenses_only(alder: Agency, birch: Agency) -> None:
    with scope(alder.pk):
        assert {one.agency_id for one in License.objects.all()} == {alder.pk}
        assert current_terms(birch.pk, timezone.now()) is None
        with connection.cursor() as cursor:
            cursor.execute("SELECT DISTINCT agency_id FROM accounts_licenseversion")
            assert cursor.fetchall() == [(alder.pk,)]
    with platform_scope():
        assert {one.agency_id for one in License.objects.all()} == {alder.pk, birch.pk}
    with pytest.raises(ScopeError):
        License.objects.all()


def test_every_act_is_in_both_records(cedar: Agency) -> None:
    sue, stan = staff("sue"), staff("stan")
    draft = make_license(cedar, sign=False)
    draft = request_overage(actor=sue, version=draft, unit_price=Decimal(5), cap=20)
    approve_overage(actor=stan, version=draft)
    license = sign_version(actor=sue, version=draft).license
    suspend(actor=sue, license=license, reason=REASON)
    resume(actor=sue, license=license, reason=REASON)
    terminate(actor=sue, license=license, reason=REASON)
    expected = [
        "license.drafted",
        "license.changed",
        "license.overage_approved",
        "license.signed",
        "license.suspended",
        "license.resumed",
        "license.terminated",
    ]
    for where in (None, cedar.pk):
        with platform_scope() if where is None else scope(where):
            entries = AuditEntry.objects.filter(agency_id=where, action__startswith="license.")
            assert [entry.action for entry in entries.order_by("id")] == expected
            assert {entry.subject_type for entry in entries} == {"license"}


def test_the_demo_agency_has_a_license_once(db: None) -> None:
    for _ in range(2):
        agency = demo_agency("a password for the demo", SECRET)
    with scope(agency.pk):
        terms = usable_terms(agency.pk, timezone.now())
        assert License.objects.count() == 1
        (invoice,) = Invoice.objects.with_balance()
        assert (invoice.state_now, invoice.total) == (InvoiceState.ISSUED, Decimal(14_400))
    assert terms.seats is not None
    assert terms.seats > len(PEOPLE)
