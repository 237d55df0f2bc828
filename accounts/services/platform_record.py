"""The platform's acts in the record: its own, and that of the agency which they concern."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.db import models, transaction

from accounts.actor import Actor
from accounts.models import Agency
from portal.audit.actions import Action
from portal.audit.recorder import record

# What only the platform does. Whatever its operator does by a command is known by its source.
PLATFORM_ACTS = (
    Action.AGENCY_CREATED,
    Action.AGENCY_IMPORTED,
    Action.AGENCY_CHANGED,
    Action.AGENCY_VIEWED,
    Action.AGENCY_ADMIN_INVITED,
    Action.PLATFORM_LISTED,
    Action.AGENCY_ACTIVATED,
    Action.AGENCY_SUSPENDED,
    Action.AGENCY_RESUMED,
    Action.AGENCY_CLOSED,
    Action.LICENSE_DRAFTED,
    Action.LICENSE_CHANGED,
    Action.LICENSE_SIGNED,
    Action.LICENSE_OVERAGE_APPROVED,
    Action.LICENSE_SUSPENDED,
    Action.LICENSE_RESUMED,
    Action.LICENSE_TERMINATED,
    Action.LICENSE_VIEWED,
    Action.LICENSE_REMINDED,
    Action.LICENSE_TAMPERED,
    Action.USAGE_UNPROVEN,
    Action.BILLING_ACCOUNT_SAVED,
    Action.INVOICE_DRAFTED,
    Action.INVOICE_DISCARDED,
    Action.INVOICE_ISSUED,
    Action.CREDIT_NOTE_ISSUED,
    Action.INVOICE_SENT,
    Action.INVOICE_VIEWED,
    Action.INVOICE_REMINDED,
    Action.PAYMENT_RECORDED,
    Action.PAYMENT_REVERSED,
    Action.STATEMENT_VIEWED,
    Action.FEATURE_SWITCHED,
    Action.JOBS_RETRIED,
    Action.OFFBOARDING_PROLONGED,
    Action.SSO_DOMAIN_CONFIRMED,
    Action.SSO_DOMAIN_WITHDRAWN,
)


@transaction.atomic
def record_for_both(
    actor: Actor,
    action: Action,
    agency: Agency,
    data: Mapping[str, Any] | None = None,
    subject: models.Model | None = None,
    *,
    content: Mapping[str, str] | None = None,
) -> None:
    """One entry that the platform sees and one that the agency sees, or neither.

    They are about the agency itself unless something of it is named.
    """
    record(replace(actor, agency_id=None), action, subject or agency, data, content=content)
    record(replace(actor, agency_id=agency.pk), action, subject or agency, data, content=content)
