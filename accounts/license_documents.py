"""The signed form of a license: made from the columns of its version, and held against them."""

from datetime import UTC
from decimal import Decimal
from typing import Any

from accounts.faults import Fault
from accounts.models import Agency, License, LicenseVersion
from portal.signing import BadSignature, Signature, verify

KIND = "license"
FORMAT = "candor-license-1"


class LicenseTampered(Fault):
    """A license in the database is not what the platform signed: nothing may be done under it."""

    def __init__(self, version: LicenseVersion) -> None:
        super().__init__("license_tampered")
        self.agency_id = version.agency_id
        self.version_id = version.pk


def document_of(version: LicenseVersion, license: License, agency: Agency) -> dict[str, Any]:
    """What is signed: every column of a version and of its license, as plain JSON values.

    Amounts are decimal strings in the currency of the license; days are ISO 8601 in the agency's
    time zone; null means no limit.
    """
    return {
        "format": FORMAT,
        "number": license.number,
        "license_id": license.pk,
        "license_made_at": _instant(license.made_at),
        "agency_id": agency.pk,
        "agency": agency.slug,
        "plan_id": license.plan_id,
        "renews_id": license.renews_id,
        "trial": license.trial,
        **_terms_of(version),
        "overage_requested_by_id": version.overage_requested_by_id,
        "overage_requested_by": version.overage_requested_by_label,
        "overage_approved_by_id": version.overage_approved_by_id,
        "overage_approved_by": version.overage_approved_by_label,
        "made_by_id": version.made_by_id,
        "made_by": version.made_by_label,
        "made_at": _instant(version.made_at),
    }


def _terms_of(version: LicenseVersion) -> dict[str, Any]:
    galleries = version.galleries
    return {
        "version": version.version,
        "effective_on": version.effective_on.isoformat(),
        "change_note": version.change_note,
        "purchase_order": version.purchase_order,
        "contract_number": version.contract_number,
        "amount": _amount(version.amount, 2),
        "currency": version.currency,
        "signed_on": version.signed_on.isoformat(),
        "starts_on": version.starts_on.isoformat(),
        "ends_on": version.ends_on.isoformat(),
        "grace_days": version.grace_days,
        "seats": version.seats,
        "searches_per_month": version.searches_per_month,
        "searches_per_term": version.searches_per_term,
        "faces": version.faces,
        "purposes": sorted(version.purposes),
        "source_kinds": sorted(version.source_kinds),
        "galleries": None if galleries is None else sorted(str(one) for one in galleries),
        "overage_allowed": version.overage_allowed,
        "overage_unit_price": _amount(version.overage_unit_price, 4),
        "overage_cap": version.overage_cap,
        "impact_assessment_id": version.impact_assessment_id,
        "registration_id": version.registration_id,
    }


def verify_version(version: LicenseVersion, license: License, agency: Agency) -> None:
    """Return when a signed version is what was signed; raises LicenseTampered otherwise."""
    document = version.document
    signature = Signature(version.key_id, version.signature)
    try:
        if not isinstance(document, dict):
            raise BadSignature("no document")
        verify(KIND, document, signature)
        intact = document == document_of(version, license, agency)
    except (BadSignature, TypeError, ValueError) as error:
        raise LicenseTampered(version) from error
    if not intact or version.trial != license.trial:
        raise LicenseTampered(version)


def _amount(value: Decimal | None, places: int) -> str | None:
    return None if value is None else f"{value:.{places}f}"


def _instant(value: Any) -> str:
    return str(value.astimezone(UTC).isoformat(timespec="microseconds"))
