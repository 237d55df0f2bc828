"""What the vendor tells the whole installation: how it works just now, and notices to everybody."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Mode(models.TextChoices):
    NORMAL = "normal", _("Normal")
    READ_ONLY = "read_only", _("Read only: pages can be read, and nothing can be done")
    MAINTENANCE = "maintenance", _("Maintenance: no pages, and workers begin nothing")


class Operation(models.Model):
    """The one row that says how the installation works. Everybody reads it, the platform writes."""

    number = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    mode = models.CharField(_("mode"), max_length=11, choices=Mode.choices, default=Mode.NORMAL)
    until = models.DateTimeField(_("expected to end"), null=True, blank=True)
    text_en = models.TextField(_("notice in English"), max_length=500, blank=True)
    text_fr = models.TextField(_("notice in French"), max_length=500, blank=True)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(number=1), name="operation_one_row"),
            models.CheckConstraint(
                condition=models.Q(mode__in=Mode.values), name="operation_known_mode"
            ),
        ]

    def __str__(self) -> str:
        return self.mode


class Broadcast(models.Model):
    """A notice to everybody, in two languages, from one moment to another."""

    text_en = models.TextField(_("text in English"), max_length=500)
    text_fr = models.TextField(_("text in French"), max_length=500)
    is_urgent = models.BooleanField(_("urgent"), default=False)
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))
    withdrawn_at = models.DateTimeField(null=True, editable=False)
    made_by_label = models.CharField(max_length=254, editable=False)

    class Meta:
        verbose_name = _("notice to everybody")
        verbose_name_plural = _("notices to everybody")
        ordering = ["-starts_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("starts_at")),
                name="broadcast_ends_after_its_start",
            ),
            models.CheckConstraint(
                condition=~models.Q(text_en="") & ~models.Q(text_fr=""),
                name="broadcast_in_both_languages",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.starts_at:%Y-%m-%d %H:%M}"
