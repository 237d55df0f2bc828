"""People, and the agencies they work in."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from accounts.models.agency import known_time_zone
from portal.tenancy import TenantModel


class Role(models.TextChoices):
    ANALYST = "analyst", _("Analyst")
    EXAMINER = "examiner", _("Examiner")
    SUPERVISOR = "supervisor", _("Supervisor")
    AUDITOR = "auditor", _("Auditor")
    ADMIN = "admin", _("Agency admin")


class Digest(models.TextChoices):
    """How a person is told of what waits for them."""

    EACH = "", _("An e-mail for each")
    DAILY = "daily", _("One e-mail a day")
    WEEKLY = "weekly", _("One e-mail a week, on Monday")


def labels_of(roles: Iterable[str]) -> list[str]:
    """Names of roles in the current language."""
    return [str(Role(role).label) for role in roles]


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str, **fields: Any) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=(username or "").strip().lower())


class User(AbstractBaseUser, PermissionsMixin):
    """A person who logs in by e-mail address. What they may do is in their memberships."""

    email = models.EmailField(_("e-mail address"), unique=True)
    name = models.CharField(_("name"), max_length=150)
    language = models.CharField(_("language"), max_length=10, blank=True)
    time_zone = models.CharField(
        _("time zone"), max_length=64, blank=True, validators=[known_time_zone]
    )
    digest = models.CharField(
        _("e-mails about work that waits"), max_length=10, choices=Digest.choices, blank=True
    )
    # Part of what a session is checked against: counting it up ends all sessions of the person.
    session_epoch = models.PositiveIntegerField(default=0, editable=False)
    is_active = models.BooleanField(_("active"), default=True)
    is_staff = models.BooleanField(_("platform staff"), default=False)
    date_joined = models.DateTimeField(auto_now_add=True)
    # Log-in only: accounts/services/locking.py and unused.py. Nothing but a release ends either.
    recent_failures = ArrayField(models.DateTimeField(), default=list, blank=True, editable=False)
    locked_at = models.DateTimeField(null=True, editable=False)
    lock_told_at = models.DateTimeField(null=True, editable=False)
    disabled_at = models.DateTimeField(null=True, editable=False)
    disabled_reason = models.CharField(max_length=20, blank=True, editable=False)
    released_at = models.DateTimeField(null=True, editable=False)
    # The last warning before an unused account is disabled: so many days ahead.
    unused_warned = models.PositiveSmallIntegerField(null=True, editable=False)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        constraints = [
            models.UniqueConstraint(Lower("email"), name="user_email_once"),
            models.CheckConstraint(
                condition=models.Q(digest__in=Digest.values), name="user_known_digest"
            ),
            models.CheckConstraint(
                condition=models.Q(disabled_at=None, disabled_reason="")
                | models.Q(disabled_at__isnull=False, disabled_reason="unused"),
                name="user_disabled_for_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.email

    @property
    def login_state(self) -> str:
        """ "locked", "unused", or "" when nothing keeps the person from logging in."""
        return "locked" if self.locked_at else "unused" if self.disabled_at else ""

    @property
    def last_use(self) -> datetime:
        """The last log-in or release; before the first log-in, when the account was made."""
        known = (self.last_login, self.released_at, self.date_joined)
        return max(moment for moment in known if moment is not None)

    def _get_session_auth_hash(self, secret: str | bytes | None = None) -> str:
        # Django calls this with old secrets too, so this is the one place to extend.
        of = f"{self.password}:{self.session_epoch}"
        return salted_hmac(
            "accounts.User.session", of, secret=secret, algorithm="sha256"
        ).hexdigest()


class Membership(TenantModel):
    """A user's roles in one agency."""

    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    roles = ArrayField(models.CharField(max_length=20, choices=Role.choices))
    created_at = models.DateTimeField(auto_now_add=True)
    deactivated_at = models.DateTimeField(null=True, editable=False)
    digested_on = models.DateField(null=True, editable=False)
    """The agency's day for which a digest was made last (accounts/services/digests.py)."""

    # Notifications that the person has not read there, where a query counted them.
    unread: int = 0

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints = [
            models.UniqueConstraint(fields=["agency_id", "user"], name="membership_once"),
            models.CheckConstraint(
                condition=models.Q(roles__contained_by=Role.values) & models.Q(roles__len__gt=0),
                name="membership_known_roles",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id}: {', '.join(self.roles)}"

    @property
    def role_labels(self) -> list[str]:
        return labels_of(self.roles)
