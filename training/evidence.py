"""The result of an exercise as a PDF: what stands behind a certificate that a pass counted as."""

from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Agency
from searches.documents.phrasing import moment
from searches.documents.printing import compile_pdf, words
from searches.kappa import Estimate
from training.models import Exercise
from training.scoring import Score

TEMPLATE = Path(__file__).parent / "templates/training/typst/result.typ"


def result_pdf(agency: Agency, exercise: Exercise, score: Score, at: datetime) -> bytes:
    """The document in the active language, its times in the agency's time zone."""
    with timezone.override(ZoneInfo(agency.time_zone)):
        data = _data(agency, exercise, score, at)
    return compile_pdf(TEMPLATE, data, at)


def in_percent(estimate: Estimate | None) -> str:
    """A share as whole percents with its interval."""
    if estimate is None or estimate.low is None or estimate.high is None:
        return _("not measured")
    value, low, high = (round(100 * part) for part in (estimate.value, estimate.low, estimate.high))
    numbers = {"value": value, "low": low, "high": high}
    return _("%(value)s %% (95 %% interval %(low)s to %(high)s %%)") % numbers


def _data(agency: Agency, exercise: Exercise, score: Score, at: datetime) -> dict[str, Any]:
    today = timezone.localtime(at)
    return {
        "language": (translation.get_language() or "en").split("-")[0],
        "date": {"year": today.year, "month": today.month, "day": today.day},
        "title": _("Result of a proficiency exercise"),
        "agency": words(agency.name),
        "facts": [
            {"name": name, "value": words(value)} for name, value in _facts(exercise, score, at)
        ],
        "texts": [
            _(
                "Pairs of faces drawn by code, half of them about of one person, compared without"
                " help. Intervals are Wilson’s. Drawn faces do not show how well somebody compares"
                " photographs of people."
            ),
            _("Made with Candor %(version)s. Times are in %(zone)s.")
            % {"version": settings.VERSION, "zone": agency.time_zone},
        ],
    }


def _facts(exercise: Exercise, score: Score, at: datetime) -> list[tuple[str, str]]:
    passed = {"percent": exercise.pass_percent, "n": exercise.false_positives_allowed}
    return [
        (_("Person"), exercise.person_label),
        (_("Exercise"), str(exercise.pk)),
        (_("Begun"), moment(exercise.started_at)),
        (_("Finished"), moment(at)),
        (_("Pairs of one person"), str(score.mated)),
        (_("Pairs of two people"), str(score.unmated)),
        (_("Right answers"), f"{score.right}: {in_percent(score.right_rate)}"),
        (
            _("False positives"),
            f"{score.false_positives}: {in_percent(score.false_positive_rate)}",
        ),
        (
            _("False negatives"),
            f"{score.false_negatives}: {in_percent(score.false_negative_rate)}",
        ),
        (_("Undecided"), f"{score.inconclusive}: {in_percent(score.inconclusive_rate)}"),
        (
            _("Passed with"),
            ngettext(
                "at least %(percent)s %% right and at most %(n)s false positive",
                "at least %(percent)s %% right and at most %(n)s false positives",
                exercise.false_positives_allowed,
            )
            % passed,
        ),
    ]
