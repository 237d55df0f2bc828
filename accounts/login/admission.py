"""Whether a person gets in at all, whatever they can prove."""

from django.contrib.auth.base_user import AbstractBaseUser

from accounts.models import User


def may_log_in(user: AbstractBaseUser | None) -> bool:
    """False for accounts that are switched off."""
    return isinstance(user, User) and user.is_active
