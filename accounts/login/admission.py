"""Whether a person gets in at all, whatever they can prove."""

from django.contrib.auth.base_user import AbstractBaseUser

from accounts.models import User
from accounts.services import locking


def may_log_in(user: AbstractBaseUser | None) -> bool:
    """False for accounts that are switched off, locked, or not used for too long."""
    return isinstance(user, User) and locking.may_log_in(user)
