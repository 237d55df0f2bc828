"""Agencies and the people in them."""

from .agency import Agency
from .user import Membership, Role, User

__all__ = ["Agency", "Membership", "Role", "User"]
