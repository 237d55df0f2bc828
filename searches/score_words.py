"""What a similarity is worth, in words: the same on page, report and API."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.charts.scale import number
from searches.scores.figure import Figure

PER = 1000


def worth_in_words(worth: Mapping[str, Any]) -> str:
    """One sentence about the figure that is kept with a candidate; `worth` empty: not measured."""
    if not worth:
        return _(
            "Not measured: how often an unrelated person in this gallery would be as similar is not"
            " known."
        )
    return figure_in_words(Figure.from_json(dict(worth)))


def figure_in_words(figure: Figure) -> str:
    values = {
        "low": per_thousand(figure.low),
        "high": per_thousand(figure.high),
        "n": number(figure.n),
    }
    if figure.rate is None:
        return _(
            "Fewer than %(rate)s of 1,000 searches of unrelated faces in this gallery would bring a"
            " candidate at least this similar (%(n)s searches; 95 %% interval %(low)s to %(high)s)."
        ) % (values | {"rate": per_thousand(figure.least)})
    return _(
        "%(rate)s of 1,000 searches of unrelated faces in this gallery would bring a candidate at"
        " least this similar (%(n)s searches; 95 %% interval %(low)s to %(high)s)."
    ) % (values | {"rate": per_thousand(figure.rate)})


def per_thousand(share: float) -> str:
    """A share 0..1 of a thousand, with about two digits that count."""
    value = PER * share
    places = 0 if value >= 10 or value == 0 else 1 if value >= 1 else 2 if value >= 0.1 else 3
    return number(value, places)


def threshold_in_words(worth: Mapping[str, Any]) -> str:
    """How a candidate stands to the threshold that the agency set; "" without one."""
    wished = worth.get("wished")
    if wished is None:
        return ""
    rate = {"one_in": number(1 / wished)}
    if worth["is_within"] is None:
        return (
            _("Whether it passes the gallery's threshold, 1 in %(one_in)s, is not measured.") % rate
        )
    if worth["is_within"]:
        return _("At or above the gallery's threshold: 1 in %(one_in)s searches.") % rate
    return _("Below the gallery's threshold: 1 in %(one_in)s searches.") % rate


def list_in_words(worths: Sequence[Mapping[str, Any]]) -> str:
    """What the thresholds say of a whole list of candidates; "" where none was set."""
    judged = [worth for worth in worths if worth.get("wished") is not None]
    if not judged:
        return ""
    above = sum(worth["is_within"] is True for worth in judged)
    unknown = sum(worth["is_within"] is None for worth in judged)
    if not above and not unknown:
        return _(
            "No candidate is above the threshold that your agency set. That is a normal outcome:"
            " each of them is as similar as strangers are."
        )
    return ngettext(
        "%(n)s candidate is above the threshold that your agency set.",
        "%(n)s candidates are above the threshold that your agency set.",
        above,
    ) % {"n": number(above)}
