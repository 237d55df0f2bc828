"""How documents write moments, days, numbers, people and decisions."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from portal.days import day_in_words, moment_in_words
from searches.documents.printing import words
from searches.features import Comparison, Feature
from searches.models import ExaminationItem

Fact = dict[str, Any]


def moment(value: datetime | None) -> str:
    """A point in time in the active time zone; "" for none."""
    return "" if value is None else moment_in_words(value)


def day(value: date | None) -> str:
    return "" if value is None else day_in_words(value)


def number(value: int | None) -> str:
    return "" if value is None else number_format(value, force_grouping=True)


def cosine(value: float | None) -> str:
    """With a decimal point in every language, as the pages write it."""
    return "" if value is None else f"{value:.4f}"


def by(when: datetime | None, who: str) -> str:
    return _("%(when)s by %(who)s") % {"when": moment(when), "who": who}


def fact(name: str, value: Any, *, code: bool = False) -> Fact:
    """A name and a value; `code` prints hashes and identifiers as such, without breaks."""
    # Translators: a name and the colon after it.
    label = _("%(name)s:") % {"name": name}
    return {"name": label, "value": str(value) if code else words(value), "code": code}


def facts(*rows: Fact) -> list[Fact]:
    """Those that say something."""
    return [row for row in rows if row["value"]]


def checklist(item: ExaminationItem) -> list[str]:
    """The features of a face by what was found: "Similar: eyes, nose"."""
    found = []
    for comparison in Comparison:
        named = [str(f.label) for f in Feature if item.features.get(f) == comparison]
        if named:
            found.append(_listed(str(comparison.label), named))
    return found


def _listed(name: str, values: Iterable[str]) -> str:
    label = _("%(name)s:") % {"name": name}
    # Features have commas in their names.
    return f"{label} {'; '.join(values)}"
