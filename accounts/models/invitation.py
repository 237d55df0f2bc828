"""An open door for one person, found by whoever holds its link."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models.user import Role, labels_of
from portal.tenancy import TenantModel

# A link holder may try this many passwords; then the link is dead until it is sent again.
MAX_TRIES = 10


class Invitation(TenantModel):
    """An invitation by e-mail. The token itself is nowhere but in the mail."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(_("e-mail address"))
    roles = ArrayField(models.CharField(max_length=20, choices=Role.choices))
    language = models.CharField(_("language of the e-mail"), max_length=10)
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    invited_by_id = models.BigIntegerField(null=True, editable=False)
    invited_by_label = models.CharField(max_length=254)
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(editable=False)
    expires_at = models.DateTimeField(editable=False)
    tries = models.PositiveSmallIntegerField(default=0, editable=False)
    membership_id = models.BigIntegerField(null=True, editable=False)
    """The membership that it gives back to somebody whose agency came from elsewhere."""
    accepted_at = models.DateTimeField(null=True, editable=False)
    revoked_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        constraints = [
            models.UniqueConstraint(
                fields=["agency_id", "email"],
                condition=models.Q(accepted_at=None, revoked_at=None),
                name="invitation_open_once",
            ),
            models.CheckConstraint(
                condition=models.Q(roles__contained_by=Role.values) & models.Q(roles__len__gt=0),
                name="invitation_known_roles",
            ),
            models.CheckConstraint(
                condition=models.Q(accepted_at=None) | models.Q(revoked_at=None),
                name="invitation_one_end",
            ),
        ]

    def __str__(self) -> str:
        return self.email

    @property
    def role_labels(self) -> list[str]:
        return labels_of(self.roles)

    @property
    def is_live(self) -> bool:
        """Whether it can be accepted now; the same as the condition below."""
        is_open = self.accepted_at is None and self.revoked_at is None
        return is_open and self.tries < MAX_TRIES and self.expires_at > timezone.now()


def is_live() -> models.Q:
    """Condition of invitations that can be accepted now."""
    waiting = models.Q(accepted_at=None, revoked_at=None, tries__lt=MAX_TRIES)
    return waiting & models.Q(expires_at__gt=timezone.now())
