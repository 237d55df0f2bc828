"""Licenses as the tests sell them, and the staff who do."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from accounts.actor import Actor, command_actor
from accounts.license_queries import with_state
from accounts.licensing import LicenseState, current_terms, state_at, version_at
from accounts.models import Agency, License, LicenseVersion, User
from accounts.purposes import Purpose, SourceKind
from accounts.services.licenses.drafting import change_draft
from accounts.services.staff import staff_actor
from portal.tenancy import platform_scope, scope
from tests.conftest import PASSWORD
from tests.factories import make_license

OPERATOR = command_actor("test", None)
S = LicenseState
REASON = "Unpaid since the month of May"


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


def request_overage(
    *, actor: Actor, version: LicenseVersion, unit_price: Decimal, cap: int
) -> LicenseVersion:
    """Ask that searches beyond the limit be sold, as staff do on the page of a draft."""
    return change_draft(
        actor=actor,
        version=version,
        overage_allowed=True,
        overage_unit_price=unit_price,
        overage_cap=cap,
    )
