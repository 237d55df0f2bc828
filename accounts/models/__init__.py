"""Agencies and the people in them."""

from .agency import Agency, AgencyState
from .certificate import Activity, CertificateReminder, TrainingCertificate
from .invitation import Invitation
from .license import License, LicenseAct, LicenseActKind, LicenseVersion
from .plan import Plan
from .session import UserSession
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
from .user import Membership, Role, User

__all__ = [
    "Activity",
    "Agency",
    "AgencyState",
    "ApiToken",
    "CertificateReminder",
    "Invitation",
    "Kind",
    "License",
    "LicenseAct",
    "LicenseActKind",
    "LicenseVersion",
    "Membership",
    "Plan",
    "QuotaCounter",
    "QuotaReservation",
    "ReservationState",
    "Role",
    "StaffSession",
    "TrainingCertificate",
    "UsageEntry",
    "UsageWarning",
    "User",
    "UserSession",
]
