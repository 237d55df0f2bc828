"""What becomes of the tables of this app, and of the record's, when an agency moves."""

from typing import Any

from django.apps import apps

from accounts.moving.mapping import Moving
from accounts.moving.rules import after, change, extra, leave
from accounts.offboarding.tables import KEPT, MEMBERSHIP

NOTIFICATION = "accounts_notification"

leave(
    "licenses, quotas and invoices are those of a vendor; the vendor here licenses anew",
    *(name for name in KEPT if name.startswith("accounts_")),
    "accounts_usagewarning",
)
leave(
    "secrets are in no export: tokens, links, providers and endpoints are made anew",
    *("accounts_apitoken", "accounts_idempotentanswer", "accounts_invitation"),
    *("accounts_identityprovider", "accounts_signondomain", "accounts_signonlink"),
    *("accounts_webhookendpoint", "accounts_webhookevent", "accounts_webhookdelivery"),
)
leave(
    "the record is closed and kept as a file that verifies",
    *("audit_auditentry", "audit_auditlink", "audit_auditpending", "audit_auditchain"),
    *("audit_auditcontent", "audit_auditkey", "audit_checkpoint", "audit_checkpointstamp"),
    *("accounts_formercontent", "oversight_recordword"),
)
extra(MEMBERSHIP, "email", "name", "language", "time_zone")
NUMBERED = ("accounts_trainingcertificate", MEMBERSHIP)
after(NOTIFICATION, *NUMBERED)


def _notification(row: dict[str, Any], moving: Moving) -> bool:
    """What it is about may have another number here; what did not come along has none."""
    table = _table_of(str(row.get("subject_type")))
    pk = str(row.get("subject_id"))
    if pk.isdigit():
        row["subject_id"] = str(moving.ids.get(table, {}).get(int(pk), 0))
    return True


def _table_of(name: str) -> str:
    found = (m for m in apps.get_models() if m._meta.model_name == name)
    return next((model._meta.db_table for model in found), "")


def _membership(row: dict[str, Any], moving: Moving) -> bool:
    """Nobody is a member by an account that has no password yet."""
    if row.get("user_id") in moving.awaited:
        row["deactivated_at"] = moving.now.isoformat()
    return True


change(MEMBERSHIP, _membership)
change(NOTIFICATION, _notification)
