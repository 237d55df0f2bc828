"""Agencies and the people in them."""

from .agency import Agency, AgencyState
from .agency_import import AgencyImport
from .billing import BillingAccount, BillingSchedule, TaxRate
from .certificate import Activity, CertificateReminder, TrainingCertificate
from .former_record import FormerContent, FormerRecord
from .idempotency import IdempotentAnswer
from .invitation import Invitation
from .invoice import CreditNote, DocumentKind, Invoice, InvoiceState
from .invoice_line import BilledUsage, InvoiceCounter, InvoiceLine, LineKind
from .license import License, LicenseAct, LicenseActKind, LicenseVersion
from .notification import Notification, NotificationKind
from .offboarding import DestructionReceipt, Offboarding, OffboardingState
from .payment import DunningReminder, Payment
from .plan import Plan
from .policy import SecurityPolicy
from .session import UserSession
from .sign_on import IdentityProvider, SecondFactorRule, SignOnDomain, SignOnLink
from .staff import StaffSession
from .token import ApiToken
from .usage import (
    Kind,
    QuotaCounter,
    QuotaReservation,
    ReservationState,
    UsageEntry,
    UsageWarning,
)
from .user import Digest, Membership, Role, User
from .webhook import (
    CHOSEN_EVENTS,
    DeliveryState,
    DisabledBy,
    EventType,
    WebhookDelivery,
    WebhookEndpoint,
    WebhookEvent,
)

__all__ = [
    "CHOSEN_EVENTS",
    "Activity",
    "Agency",
    "AgencyImport",
    "AgencyState",
    "ApiToken",
    "BilledUsage",
    "BillingAccount",
    "BillingSchedule",
    "CertificateReminder",
    "CreditNote",
    "DeliveryState",
    "DestructionReceipt",
    "Digest",
    "DisabledBy",
    "DocumentKind",
    "DunningReminder",
    "EventType",
    "FormerContent",
    "FormerRecord",
    "IdempotentAnswer",
    "IdentityProvider",
    "Invitation",
    "Invoice",
    "InvoiceCounter",
    "InvoiceLine",
    "InvoiceState",
    "Kind",
    "License",
    "LicenseAct",
    "LicenseActKind",
    "LicenseVersion",
    "LineKind",
    "Membership",
    "Notification",
    "NotificationKind",
    "Offboarding",
    "OffboardingState",
    "Payment",
    "Plan",
    "QuotaCounter",
    "QuotaReservation",
    "ReservationState",
    "Role",
    "SecondFactorRule",
    "SecurityPolicy",
    "SignOnDomain",
    "SignOnLink",
    "StaffSession",
    "TaxRate",
    "TrainingCertificate",
    "UsageEntry",
    "UsageWarning",
    "User",
    "UserSession",
    "WebhookDelivery",
    "WebhookEndpoint",
    "WebhookEvent",
]
