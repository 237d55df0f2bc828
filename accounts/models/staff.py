"""The time-boxed sessions in which platform staff work."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

MIN_REASON = 10


class StaffSession(models.Model):
    """Why one of the platform's staff opened the platform's pages, and for how long.

    The database lets only `ended_at` change, once, and only the platform sees the rows.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("user")
    )
    reason = models.TextField(_("reason"), max_length=500)
    started_at = models.DateTimeField(_("started"), db_default=Now(), editable=False)
    expires_at = models.DateTimeField(_("expires"), editable=False)
    ended_at = models.DateTimeField(_("ended"), null=True, editable=False)

    class Meta:
        verbose_name = _("staff session")
        verbose_name_plural = _("staff sessions")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["user"], condition=Q(ended_at=None), name="staff_session_one_open"
            ),
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("started_at")), name="staff_session_expires_later"
            ),
            models.CheckConstraint(
                # MIN_REASON characters that begin and end with something.
                condition=Q(reason__regex=r"\S(.|\n){8,}\S"),
                name="staff_session_has_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id}: {self.started_at:%Y-%m-%d %H:%M}"
