"""Who belongs to an address and a password."""

from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.auth.base_user import AbstractBaseUser

from accounts.models import User
from accounts.services.locking import may_log_in
from portal.rows import fetch


class PasswordBackend(AuthenticationBackend):  # type: ignore[misc]
    """allauth's, which hashes for unknown addresses too; without telling who is locked."""

    def get_user(self, user_id: int) -> User | None:
        """Whose session this is. A lock concerns log-in alone: sessions that run go on."""
        found = fetch("accounts_user WHERE id = %s AND is_active", [user_id], User)
        return found[0][0] if found else None

    def user_can_authenticate(self, user: AbstractBaseUser | None) -> bool:
        return isinstance(user, User) and may_log_in(user)

    @classmethod
    def _stash_user(cls, user: AbstractBaseUser | None) -> None:
        """Never remember somebody who may not log in.

        allauth would show them a page of their own, which tells that the password was right.
        """
        return
