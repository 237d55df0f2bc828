"""Signing versions of licenses, and switching overage on by two people."""

from django.core.exceptions import PermissionDenied
from django.db import transaction

from accounts.actor import Actor
from accounts.faults import Fault
from accounts.license_documents import KIND, document_of
from accounts.licensing import licenses_of
from accounts.models import LicenseVersion
from accounts.services.licenses.drafting import locked_draft
from accounts.services.platform_record import record_for_both
from portal.audit.actions import Action
from portal.signing import sign
from portal.tenancy import platform_scope


@transaction.atomic
def sign_version(*, actor: Actor, version: LicenseVersion) -> LicenseVersion:
    """Sign a draft with the platform's key; from now on it counts and cannot be changed.

    Raises Fault while the impact assessment, the registration or the second person's approval of
    overage is missing, and LicenseTampered when an older license of the agency is not intact.
    """
    actor.require_platform()
    with platform_scope():
        row = locked_draft(version)
        if not row.trial and not (row.impact_assessment_id.strip() and row.registration_id.strip()):
            raise Fault("license_papers_missing")
        if row.overage_allowed and row.overage_approved_by_id is None:
            raise Fault("license_overage_not_approved")
        licenses_of(row.agency_id)
        row.document = document_of(row, row.license, row.agency)
        signature = sign(KIND, row.document)
        row.signature, row.key_id = signature.value, signature.key_id
        row.save(update_fields=["document", "signature", "key_id"])
        _record(actor, Action.LICENSE_SIGNED, row, key=row.key_id)
    return row


@transaction.atomic
def approve_overage(*, actor: Actor, version: LicenseVersion) -> LicenseVersion:
    """Approve what another person of the staff asked for. Raises Fault for the same person."""
    actor.require_platform()
    if actor.user_id is None:
        raise PermissionDenied("Overage is approved by a person")
    with platform_scope():
        row = locked_draft(version)
        if not row.overage_allowed or row.overage_approved_by_id is not None:
            raise Fault("license_overage_not_asked_for")
        if row.overage_requested_by_id == actor.user_id:
            raise Fault("license_overage_own_request")
        row.overage_approved_by_id, row.overage_approved_by_label = actor.user_id, actor.label
        row.save(update_fields=["overage_approved_by_id", "overage_approved_by_label"])
        _record(actor, Action.LICENSE_OVERAGE_APPROVED, row)
    return row


def _record(actor: Actor, action: Action, row: LicenseVersion, **more: str) -> None:
    facts = {"number": row.license.number, "version": row.version, **more}
    record_for_both(actor, action, row.agency, facts, row.license)
