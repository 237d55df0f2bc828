"""Entering and withdrawing training certificates; the rule itself is in accounts.certificates."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from hashlib import sha256

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.access import files_of
from accounts.actor import Actor
from accounts.certificates import today_in
from accounts.faults import Fault
from accounts.models import Activity, Agency, Membership, TrainingCertificate
from accounts.permissions import Permission
from portal.audit.actions import Action
from portal.audit.recorder import record
from portal.storage import FileStore
from portal.tenancy import platform_scope

MAX_EVIDENCE_BYTES = 10 * 2**20
# What a file begins with says what it is; its name says what somebody called it.
SIGNATURES = (
    (b"%PDF-", "application/pdf"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
)


@dataclass(frozen=True, slots=True)
class CertificateFacts:
    """What a certificate says. Both days belong to the validity."""

    activity: Activity
    title: str
    issuer: str
    issued_on: date
    valid_until: date


def media_type_of(data: bytes) -> str:
    """The type of evidence by its content. Raises Fault for anything but PDF, JPEG and PNG."""
    if not data:
        raise Fault("evidence_empty")
    # Uploads are cut one byte above the general limit, which may be the lower one.
    if len(data) > min(MAX_EVIDENCE_BYTES, settings.UPLOAD_MAX_BYTES):
        raise Fault("evidence_too_large")
    for signature, media_type in SIGNATURES:
        if data.startswith(signature):
            return media_type
    raise Fault("evidence_not_accepted")


def add_certificate(
    *, actor: Actor, user_id: int, facts: CertificateFacts, evidence: bytes
) -> TrainingCertificate:
    """Keep a person's certificate with its evidence, encrypted. Raises Fault, ValidationError."""
    actor.require(Permission.MANAGE_CERTIFICATES)
    media_type = media_type_of(evidence)
    if facts.valid_until < facts.issued_on:
        raise Fault("certificate_ends_early")
    if facts.issued_on > today_in(Agency.objects.get(pk=actor.agency)):
        raise Fault("certificate_issued_later")
    if not Membership.objects.filter(user_id=user_id, deactivated_at=None).exists():
        raise Fault("certificate_not_a_member")
    certificate = TrainingCertificate(
        user_id=user_id,
        activity=facts.activity,
        title=facts.title.strip(),
        issuer=facts.issuer.strip(),
        issued_on=facts.issued_on,
        valid_until=facts.valid_until,
        evidence_sha256=sha256(evidence).hexdigest(),
        evidence_type=media_type,
        entered_by_id=actor.user_id,
        entered_by_label=actor.label,
    )
    certificate.take_scope()
    certificate.full_clean()
    with _kept(files_of(actor.agency), evidence) as key:
        certificate.evidence_key = key
        certificate.save()
        data = {
            "person": user_id,
            "activity": str(facts.activity),
            "valid_until": facts.valid_until.isoformat(),
            "sha256": certificate.evidence_sha256,
        }
        record(actor, Action.CERTIFICATE_ADDED, certificate, data)
    return certificate


@contextmanager
def _kept(files: FileStore, data: bytes) -> Iterator[str]:
    """A transaction with a new file, which goes when the transaction does."""
    key = files.put(data)
    try:
        with transaction.atomic():
            yield key
    except BaseException:
        files.delete(key)
        raise


@transaction.atomic
def withdraw_certificate(*, actor: Actor, certificate: TrainingCertificate, reason: str) -> None:
    """Take a certificate's validity at once; the row and its evidence stay. Raises Fault."""
    actor.require(Permission.MANAGE_CERTIFICATES)
    reason = reason.strip()
    if not reason:
        raise Fault("reason_missing")
    locked = TrainingCertificate.objects.select_for_update().get(pk=certificate.pk)
    if locked.withdrawn_at is not None:
        raise Fault("certificate_withdrawn")
    locked.withdrawn_at = timezone.now()
    locked.withdrawn_by_label = actor.label
    locked.withdrawal_reason = reason
    locked.full_clean()
    locked.save()
    facts = {"person": locked.user_id, "activity": locked.activity}
    record(actor, Action.CERTIFICATE_WITHDRAWN, locked, facts, content={"reason": reason})


@transaction.atomic
def view_evidence(*, actor: Actor, certificate: TrainingCertificate) -> bytes:
    """The evidence, decrypted; that it was looked at is recorded. Raises MissingFile."""
    actor.require(Permission.VIEW_CERTIFICATES)
    data = files_of(actor.agency).get(certificate.evidence_key)
    record(actor, Action.CERTIFICATE_VIEWED, certificate, {"person": certificate.user_id})
    return data


@transaction.atomic
def require_certificates(*, actor: Actor, required: bool) -> None:
    """Whether people who never had a certificate are kept from what needs a training."""
    actor.require(Permission.MANAGE_CERTIFICATES)
    agency = Agency.objects.get(pk=actor.agency)
    if agency.certificates_required == required:
        return
    with platform_scope():  # an agency's own scope cannot write the agency's row
        Agency.objects.filter(pk=agency.pk).update(certificates_required=required)
    record(actor, Action.CERTIFICATES_REQUIRED, agency, {"required": required})
