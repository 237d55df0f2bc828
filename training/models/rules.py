"""What an agency asks of its examiners in a proficiency exercise."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.tenancy import TenantModel

# The least and the most of each number; the database holds the same.
BOUNDS = {
    "pairs": (10, 60),
    "pass_percent": (50, 100),
    "false_positives_allowed": (0, 10),
    "attempts": (1, 20),
    "certificate_days": (1, 1095),
}


def _bounded(name: str) -> list[MinValueValidator | MaxValueValidator]:
    low, high = BOUNDS[name]
    return [MinValueValidator(low), MaxValueValidator(high)]


class ProficiencyRules(TenantModel):
    """The rules of an agency's exercises: one row, or none as long as nobody changed them.

    An exercise takes what holds when it begins along; the record has every change.
    """

    pairs = models.PositiveSmallIntegerField(
        _("pairs of an exercise"),
        default=24,
        validators=_bounded("pairs"),
        help_text=_("10 to 60. About half of them show one person twice."),
    )
    pass_percent = models.PositiveSmallIntegerField(
        _("right answers to pass, in percent"),
        default=80,
        validators=_bounded("pass_percent"),
        help_text=_("50 to 100. “Cannot be decided” is no right answer."),
    )
    false_positives_allowed = models.PositiveSmallIntegerField(
        _("false positives allowed"),
        default=1,
        validators=_bounded("false_positives_allowed"),
        help_text=_(
            "0 to 10. Different people who were kept: in a case, that harms somebody."
            " With more of them nobody passes."
        ),
    )
    attempts = models.PositiveSmallIntegerField(
        _("exercises within 30 days"),
        default=3,
        validators=_bounded("attempts"),
        help_text=_("1 to 20 for each person, so that nobody passes by trying often."),
    )
    counts = models.BooleanField(
        _("a pass counts as a certificate for examining"),
        default=False,
        help_text=_(
            "The faces are drawn: the exercise does not show how well somebody compares"
            " photographs. Decide whether it is enough for your agency."
        ),
    )
    certificate_days = models.PositiveSmallIntegerField(
        _("days for which the certificate is valid"),
        default=90,
        validators=_bounded("certificate_days"),
        help_text=_("1 to 1095, from the day of the pass on."),
    )
    changed_by_label = models.CharField(max_length=254, editable=False)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("rules of proficiency exercises")
        verbose_name_plural = _("rules of proficiency exercises")
        constraints = [
            models.UniqueConstraint(fields=["agency_id"], name="proficiency_rules_once"),
            *(
                models.CheckConstraint(
                    condition=models.Q(**{f"{name}__range": bounds}), name=f"proficiency_{name}"
                )
                for name, bounds in BOUNDS.items()
            ),
        ]

    def __str__(self) -> str:
        return f"rules of {self.agency_id}"
