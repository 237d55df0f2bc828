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
    # The strictest limits of the person's agencies at log-in.
    idle_minutes = models.PositiveSmallIntegerField(default=30)
    session_hours = models.PositiveSmallIntegerField(default=12)

    class Meta:
        ordering = ["-last_seen_at", "-id"]
        indexes = [models.Index(fields=["user", "-last_seen_at"], name="session_of_user")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(idle_minutes__range=(1, 30), session_hours__range=(1, 12)),
                name="session_within_limits",
            ),
        ]

    def __str__(self) -> str:
        return f"session {self.pk} of user {self.user_id}"
