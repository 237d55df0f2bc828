"""What an agency demands of log-ins and searches: versions that are added and never changed."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models.staff import MIN_REASON
from portal.tenancy import TenantModel

# Between these lie the values of every agency: CJIS AC-2(3), AC-7, AC-11, IA-11.
BOUNDS: dict[str, tuple[int, int]] = {
    "idle_minutes": (1, 30),
    "session_hours": (1, 12),
    "lock_failures": (1, 5),
    "lock_window_minutes": (15, 1440),
    "disable_after_days": (1, 90),
    "token_max_days": (1, 365),
    "invitation_days": (1, 30),
    "reauthentication_minutes": (1, 30),
}
MOST_NOTICE = 4000


class SecurityPolicy(TenantModel):
    """One version of an agency's policies; the latest counts, and none before the first.

    The database refuses to change or delete a version.
    """

    number = models.PositiveIntegerField(_("version"))
    idle_minutes = models.PositiveSmallIntegerField()
    session_hours = models.PositiveSmallIntegerField()
    lock_failures = models.PositiveSmallIntegerField()
    lock_window_minutes = models.PositiveSmallIntegerField()
    disable_after_days = models.PositiveSmallIntegerField()
    token_max_days = models.PositiveSmallIntegerField()
    invitation_days = models.PositiveSmallIntegerField()
    reauthentication_minutes = models.PositiveSmallIntegerField()
    passkey_required = models.BooleanField()
    single_sign_on_required = models.BooleanField()
    authorize_every_search = models.BooleanField()
    lend_examiners = models.BooleanField()
    banner_en = models.TextField(blank=True, max_length=MOST_NOTICE)
    banner_fr = models.TextField(blank=True, max_length=MOST_NOTICE)
    why = models.TextField(max_length=500)
    made_by_id = models.BigIntegerField(null=True, editable=False)
    made_by_label = models.CharField(max_length=254, editable=False)
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("security policy")
        verbose_name_plural = _("security policies")
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["agency_id", "number"], name="policy_version_once"),
            models.CheckConstraint(condition=Q(number__gte=1), name="policy_versions_count_up"),
            *(
                models.CheckConstraint(
                    condition=Q(**{f"{name}__range": bounds}), name=f"policy_{name}"
                )
                for name, bounds in BOUNDS.items()
            ),
            models.CheckConstraint(
                # MIN_REASON characters that begin and end with something.
                condition=Q(why__regex=rf"\S(.|\n){{{MIN_REASON - 2},}}\S"),
                name="policy_has_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"version {self.number}"
