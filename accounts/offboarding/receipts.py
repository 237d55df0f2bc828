"""The signed receipt of a destruction: what it says, and how it reaches people."""

import json
import logging
from collections.abc import Iterable
from hashlib import sha256
from smtplib import SMTPException
from typing import Any

import rfc8785
from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts.models import Agency, DestructionReceipt, Offboarding
from accounts.offboarding.people import Erased, Recipient
from accounts.offboarding.tables import AGENCY, KEPT, count_of
from portal import signing

logger = logging.getLogger(__name__)

KIND, FORMAT, VERSION = "destruction-receipt", "candor-destruction-receipt", 1
STAYS = {
    AGENCY: "Name, short name, jurisdiction, time zone, dates and state, without a key.",
    "accounts_user": "Accounts of people of other agencies. Those of this agency alone are numbers"
    " without name, e-mail address and password.",
    "pages": "Pages of tables may hold deleted rows until the tables are written anew, within the"
    " hour (the record's tables.rewritten).",
    "backups": "Backups made before hold the key, wrapped by the installation's master key, until"
    " they are overwritten: ask the operator when that is.",
}


def document_of(agency: Agency, row: Offboarding, people: Erased) -> dict[str, Any]:
    """What is signed; counted in the transaction that finishes the destruction."""
    kept = {name: count_of(name, agency.pk) for name in KEPT}
    # Written in this very transaction: the entry of the act, and the receipt itself.
    kept["audit_auditentry"] += 1
    kept["accounts_destructionreceipt"] += 1
    return {
        "format": FORMAT,
        "version": VERSION,
        "agency": {"id": agency.pk, "slug": agency.slug, "name": agency.name},
        "closed_at": row.closed_at.isoformat(),
        "deadline": row.deadline.isoformat(),
        "cause": "confirmed by the agency" if row.confirmed_at else "deadline passed",
        "export": {
            "manifest_sha256": row.export_sha256,
            "exported_at": _text(row.exported_at),
            "downloaded_at": _text(row.downloaded_at),
        },
        "data_key_sha256": row.key_sha256,
        "started_at": _text(row.started_at),
        "finished_at": timezone.now().isoformat(),
        "removed": {
            "rows": row.removed_rows,
            "files": row.files_removed,
            "bytes": row.bytes_removed,
            "accounts_erased": people.erased,
        },
        "stays": {
            **{name: {"why": why} for name, why in STAYS.items()},
            **{name: {"why": why, "rows": kept[name]} for name, why in KEPT.items()},
        },
        "accounts_kept": people.kept,
        "candor": settings.VERSION,
        "public_key": signing.public_key_text(),
    }


def signed(document: dict[str, Any]) -> signing.Signature:
    return signing.sign(KIND, document)


def digest_of(document: dict[str, Any]) -> str:
    """SHA-256 of the canonical document."""
    return sha256(rfc8785.dumps(document)).hexdigest()


def as_file(receipt: DestructionReceipt) -> bytes:
    """The receipt as it is handed out: the document and its signature in one JSON object."""
    signature = {"kind": KIND, "key_id": receipt.key_id, "value": receipt.signature}
    handed = {"document": receipt.document, "signature": signature}
    return json.dumps(handed, indent=1, ensure_ascii=False).encode()


def file_name(agency: Agency) -> str:
    return f"candor-destruction-{agency.slug}.json"


def send(receipt: DestructionReceipt, agency: Agency, recipients: Iterable[Recipient]) -> None:
    """Mail the receipt. A mail server that is away loses the mail; the platform has the receipt."""
    for recipient in recipients:
        try:
            _send(receipt, agency, recipient)
        except (OSError, SMTPException) as error:
            kind = type(error).__name__
            logger.warning("Receipt of agency %s not sent (%s)", agency.pk, kind)


def _send(receipt: DestructionReceipt, agency: Agency, recipient: Recipient) -> None:
    with translation.override(recipient.language or None):
        subject = _("%(agency)s: receipt of destruction") % {"agency": agency.name}
        context = {"agency": agency, "document": receipt.document, "key_id": receipt.key_id}
        text = render_to_string("accounts/mails/destruction.txt", context)
    message = EmailMessage(" ".join(subject.split()), text, to=[recipient.email])
    message.attach(file_name(agency), as_file(receipt), "application/json")
    message.send()


def _text(when: Any) -> str | None:
    return None if when is None else when.isoformat()
