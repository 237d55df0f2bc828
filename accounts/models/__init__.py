"""Agencies and the people in them."""

from .agency import Agency, AgencyState
from .invitation import Invitation
from .staff import StaffSession
from .user import Membership, Role, User

__all__ = [
    "Agency",
    "AgencyState",
    "Invitation",
    "Membership",
    "Role",
    "StaffSession",
    "User",
]
