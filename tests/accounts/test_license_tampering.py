"""Rows of licenses changed past every trigger and policy are found out at the next use."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.core import mail
from django.db import connection
from django.utils import timezone
from psycopg.conninfo import make_conninfo
from psycopg.types.json import Jsonb

from accounts.license_documents import LicenseTampered, verify_version
from accounts.licensing import current_terms, usable_terms
from accounts.models import Agency, License, LicenseVersion, User
from accounts.services.licenses.signing import approve_overage, sign_version
from accounts.services.licenses.tampering import report_tampering, verify_all
from accounts.services.staff import staff_actor
from portal import embedded
from portal.audit.models import AuditEntry
from portal.tenancy import platform_scope, scope
from tests.accounts.licenses.cast import request_overage
from tests.accounts.races import ADDRESSES, committed_agency
from tests.factories import make_license

EACH_TEST_ALONE = True

OTHER_VALUES = {
    "version": "7",
    "seats": "4000",
    "searches_per_month": "NULL",
    "searches_per_term": "1000000",
    "faces": "NULL",
    "purposes": "ARRAY['identity_fraud']::varchar[]",
    "source_kinds": "ARRAY['identity_documents']::varchar[]",
    "overage_allowed": "false",
    "overage_unit_price": "0.01",
    "overage_cap": "1000000",
    "grace_days": "9999",
    "purchase_order": "'another'",
    "contract_number": "'another'",
    "amount": "1",
    "currency": "'USD'",
    "signed_on": "signed_on - 1",
    "starts_on": "starts_on - 1",
    "ends_on": "ends_on + 365",
    "galleries": "ARRAY[gen_random_uuid()]",
    "overage_requested_by_id": "77000",
    "overage_requested_by_label": "'another'",
    "overage_approved_by_id": "78000",
    "overage_approved_by_label": "'another'",
    "impact_assessment_id": "'another'",
    "registration_id": "'another'",
    "effective_on": "effective_on + 1",
    "change_note": "'another'",
    "made_by_id": "79000",
    "made_by_label": "'another'",
    "made_at": "made_at + interval '1 microsecond'",
    "document": "jsonb_set(document, '{seats}', '4000')",
    "signature": "reverse(signature)",
    "key_id": "'0123456789abcdef'",
}
OF_THE_LICENSE = {
    "number": "'X-1'",
    "plan_id": "77000",
    "renews_id": "id",
    "trial": "true",
    "made_at": "made_at + interval '1 microsecond'",
}
# Where the row lies, and a flag that a check ties to others: tested one by one below.
ELSEWHERE = {"id", "agency_id", "license_id", "trial"}


@contextmanager
def past_everything() -> Iterator[psycopg.Connection]:
    """Whoever owns the database, with the triggers and policies switched off."""
    urls = embedded.ensure_running(Path(settings.VAR_DIR))
    name = str(settings.DATABASES["default"]["NAME"])
    with psycopg.connect(make_conninfo(urls.superuser_url, dbname=name)) as superuser:
        superuser.execute("SET session_replication_role = replica")
        yield superuser


@pytest.fixture
def sold(django_db_setup: None, django_db_blocker: Any) -> Iterator[LicenseVersion]:
    """A license that is really committed, with a value in every column."""
    with django_db_blocker.unblock(), committed_agency() as agency:
        people = [
            User.objects.create_user(f"{name}@{ADDRESSES}", "x" * 15, is_staff=True)
            for name in ("sue", "stan")
        ]
        sue, stan = (staff_actor(user, "127.0.0.1") for user in people)
        draft = make_license(
            agency, sign=False, seats=40, searches_per_month=10, searches_per_term=99, faces=9
        )
        request_overage(actor=sue, version=draft, unit_price=Decimal("4.25"), cap=20)
        approve_overage(actor=stan, version=draft)
        yield sign_version(actor=sue, version=draft)


def is_refused(agency_id: int) -> bool:
    with scope(agency_id):
        try:
            usable_terms(agency_id, timezone.now())
        except LicenseTampered:
            return True
    return False


def columns_of(model: type[License] | type[LicenseVersion]) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_name = %s",
            [model._meta.db_table],
        )
        return {row[0] for row in cursor.fetchall()}


@pytest.mark.usefixtures("bells")
def test_a_change_of_any_column_is_found_out(sold: LicenseVersion) -> None:
    assert columns_of(LicenseVersion) == OTHER_VALUES.keys() | ELSEWHERE
    assert columns_of(License) == OF_THE_LICENSE.keys() | {"id", "agency_id"}
    assert not is_refused(sold.agency_id)
    changes = [("accounts_licenseversion", sold.pk, *pair) for pair in OTHER_VALUES.items()]
    changes += [("accounts_license", sold.license_id, *pair) for pair in OF_THE_LICENSE.items()]
    missed = []
    with past_everything() as owner:
        for table, pk, column, value in changes:
            old = owner.execute(f"SELECT {column} FROM {table} WHERE id = {pk}").fetchone()
            assert old is not None
            changed = owner.execute(
                f"UPDATE {table} SET {column} = {value} WHERE id = {pk}"
                f" AND {column} IS DISTINCT FROM {value}"
            )
            if column not in ("searches_per_month", "faces"):
                assert changed.rowcount == 1, column
            owner.commit()
            if not is_refused(sold.agency_id):
                missed.append((table, column))
            back = Jsonb(old[0]) if column == "document" else old[0]
            owner.execute(f"UPDATE {table} SET {column} = %s WHERE id = {pk}", [back])
            owner.commit()
            assert not is_refused(sold.agency_id), column
    assert missed == []


@pytest.mark.usefixtures("bells")
def test_a_license_moved_to_another_agency_is_found_out(sold: LicenseVersion) -> None:
    with committed_agency() as other:
        with past_everything() as owner:
            for table in ("accounts_license", "accounts_licenseversion"):
                column = "id" if table == "accounts_license" else "license_id"
                owner.execute(
                    f"UPDATE {table} SET agency_id = %s WHERE {column} = %s",
                    [other.pk, sold.license_id],
                )
        assert is_refused(other.pk)


@pytest.mark.usefixtures("bells")
def test_terms_put_under_another_license_are_found_out(sold: LicenseVersion) -> None:
    with platform_scope():
        agency = Agency.objects.get(pk=sold.agency_id)
    small = make_license(agency, seats=1)
    with past_everything() as owner:
        owner.execute("DELETE FROM accounts_licenseversion WHERE id = %s", [small.pk])
        owner.execute(
            "UPDATE accounts_licenseversion SET license_id = %s WHERE id = %s",
            [small.license_id, sold.pk],
        )
    assert is_refused(sold.agency_id)


@pytest.mark.django_db
def test_a_trial_cannot_pass_for_a_bought_license(alder: Agency) -> None:
    with platform_scope():
        license = License.objects.get(agency=alder, trial=True)
        version = LicenseVersion.objects.get(license=license)
        verify_version(version, license, alder)
        version.trial = license.trial = False
        with pytest.raises(LicenseTampered):
            verify_version(version, license, alder)
        version.trial, license.trial = False, True
        with pytest.raises(LicenseTampered):
            verify_version(version, license, alder)


def test_the_alarm_is_recorded_and_mailed_once(
    sold: LicenseVersion, bells: list[tuple[str, tuple[object, ...]]], settings: Any
) -> None:
    settings.PLATFORM_CONTACT = "duty@platform.example"
    with past_everything() as owner:
        owner.execute("UPDATE accounts_licenseversion SET seats = 41 WHERE id = %s", [sold.pk])
    assert is_refused(sold.agency_id)
    assert ("accounts.tasks.report_tampering", (sold.agency_id,)) in bells
    report_tampering(sold.agency_id)
    verify_all()
    (message,) = mail.outbox
    assert message.to == ["duty@platform.example"]
    assert sold.license.number in message.subject
    assert f"/platform/accounts/license/{sold.license_id}/" in str(message.body)
    for agency_id in (None, sold.agency_id):
        with scope(agency_id) if agency_id else platform_scope():
            entries = AuditEntry.objects.filter(
                agency_id=agency_id, action="license.tampered", subject_id=str(sold.pk)
            )
            assert entries.count() == 1
            assert entries[0].data == {"license": sold.license_id, "version": 1}
    with past_everything() as owner:
        owner.execute("DELETE FROM audit_auditentry WHERE subject_type = 'licenseversion'")


@pytest.mark.django_db
@pytest.mark.usefixtures("bells")
def test_what_another_key_signed_counts_only_while_that_key_is_trusted(
    alder: Agency, settings: Any
) -> None:
    from portal import signing

    old = signing.public_key()
    settings.SIGNING_KEY = bytes(range(32))
    assert is_refused(alder.pk)
    settings.RETIRED_SIGNING_KEYS = [old]
    assert not is_refused(alder.pk)


@pytest.mark.django_db
def test_intact_licenses_raise_no_alarm(alder: Agency, birch: Agency) -> None:
    make_license(alder, signed_on=date(2020, 1, 1))
    verify_all()
    assert mail.outbox == []
    with scope(alder.pk):
        later = datetime(2040, 1, 1, tzinfo=UTC) + timedelta(days=1)
        assert current_terms(alder.pk, later) is not None
        assert not AuditEntry.objects.filter(action="license.tampered").exists()
