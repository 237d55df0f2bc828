"""Where a person is logged in, as far as the person needs to know."""

from django.db import models

from accounts.models.user import User


class UserSession(models.Model):
    """A log-in of a person. Of Django's session key only a hash is kept.

    Belongs to the person and not to an agency: row-level security shows people their own.
    """

    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    key_hash = models.CharField(max_length=64, unique=True)
    user_agent = models.CharField(max_length=300, blank=True)
    address = models.CharField(max_length=64, blank=True)
    started_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()

    class Meta:
        ordering = ["-last_seen_at", "-id"]
        indexes = [models.Index(fields=["user", "-last_seen_at"], name="session_of_user")]

    def __str__(self) -> str:
        return f"session {self.pk} of user {self.user_id}"
