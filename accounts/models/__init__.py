"""Agencies and the people in them."""

from .agency import Agency, AgencyState
from .certificate import Activity, CertificateReminder, TrainingCertificate
from .invitation import Invitation
from .policy import SecurityPolicy
from .session import UserSession
from .staff import StaffSession
from .token import ApiToken
from .user import Membership, Role, User

__all__ = [
    "Activity",
    "Agency",
    "AgencyState",
    "ApiToken",
    "CertificateReminder",
    "Invitation",
    "Membership",
    "Role",
    "SecurityPolicy",
    "StaffSession",
    "TrainingCertificate",
    "User",
    "UserSession",
]
