"""Agencies and the people in them."""

from .agency import Agency, AgencyState
from .staff import StaffSession
from .user import Membership, Role, User

__all__ = ["Agency", "AgencyState", "Membership", "Role", "StaffSession", "User"]
