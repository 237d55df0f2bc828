"""Plans leave what was sold alone; who may deal with licenses, and who sees them."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from accounts.actor import command_actor
from accounts.faults import Fault
from accounts.licensing import current_terms, usable_terms
from accounts.models import (
    Agency,
    Invoice,
    InvoiceState,
    License,
    LicenseAct,
    LicenseVersion,
    Plan,
    User,
)
from accounts.services.licenses.acts import resume, suspend, terminate
from accounts.services.licenses.drafting import amend, change_draft, draft_license, renew
from accounts.services.licenses.plans import create_plan_version, publish_plan
from accounts.services.licenses.signing import approve_overage, sign_version
from portal.audit.models import AuditEntry
from portal.demo.cast import PEOPLE, demo_agency
from portal.tenancy import ScopeError, platform_scope, scope
from tests.accounts.licenses.cast import OPERATOR, PLAN, REASON, request_overage, staff
from tests.factories import make_license
from tests.second_factor import SECRET

EACH_TEST_ALONE = True

pytestmark = pytest.mark.django_db


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
