"""Agencies and the people in them."""

from .agency import Agency, AgencyState
from .certificate import Activity, CertificateReminder, TrainingCertificate
from .invitation import Invitation
from .offboarding import DestructionReceipt, Offboarding, OffboardingState
from .policy import SecurityPolicy
from .session import UserSession
from .sign_on import IdentityProvider, SecondFactorRule, SignOnDomain, SignOnLink
from .staff import StaffSession
from .token import ApiToken
from .user import Membership, Role, User

__all__ = [
    "Activity",
    "Agency",
    "AgencyState",
    "ApiToken",
    "CertificateReminder",
    "DestructionReceipt",
    "IdentityProvider",
    "Invitation",
    "Membership",
    "Offboarding",
    "OffboardingState",
    "Role",
    "SecondFactorRule",
    "SecurityPolicy",
    "SignOnDomain",
    "SignOnLink",
    "StaffSession",
    "TrainingCertificate",
    "User",
    "UserSession",
]
