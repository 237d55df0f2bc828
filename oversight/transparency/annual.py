"""Annual reports that laws ask for, filled from a report as the public may see it.

What Candor cannot know is a labelled blank. Nothing here is legal advice: each form says where its
points come from, and that the text of the law has to be checked.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from oversight.transparency import words
from oversight.transparency.suppressing import total
from oversight.transparency.tabling import Document


@dataclass(frozen=True, slots=True)
class Item:
    """One point: what Candor counted, or a blank (None) for the agency to fill in."""

    label: str
    value: str | None = None
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    title: str
    items: Sequence[Item]


@dataclass(frozen=True, slots=True)
class AnnualForm:
    """`source` says what was read of the law, and when it is due."""

    title: str | Promise
    law: str | Promise
    source: str | Promise
    parts: Callable[[Document], Sequence[Part]]


def table_of(document: Document, key: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = next(one for one in document["tables"] if one["key"] == key)
    return found


def _cell(document: Document, key: str, row: str, column: str = "count") -> Any:
    one = table_of(document, key)
    if row not in one["rows"] or column not in one["columns"]:
        return 0
    return one["cells"][one["rows"].index(row)][one["columns"].index(column)]


def _whole(document: Document, key: str, column: str = "") -> str:
    """The sum of a table, or of one of its columns."""
    one = table_of(document, key)
    if not column:
        return words.value(one["total"])
    return words.value(one["column_totals"][one["columns"].index(column)])


def _lines(document: Document, key: str, column: str) -> list[Item]:
    """An item for each row of a table."""
    one = table_of(document, key)
    place = one["columns"].index(column)
    rows = zip(one["rows"], one["cells"], strict=True)
    return [Item(words.row(key, name), words.value(cells[place])) for name, cells in rows]


def _by_purpose(document: Document) -> list[Item]:
    one = table_of(document, "searches")
    rows = zip(one["rows"], one["row_totals"], strict=True)
    return [Item(words.row("searches", name), words.value(number)) for name, number in rows]


def _about(document: Document) -> Part:
    days = document["period"]
    engines = table_of(document, "finished")["rows"]
    return Part(
        _("About this report"),
        [
            Item(_("Agency"), document["agency"]["name"]),
            Item(_("Period"), f"{days['from']} – {days['to']}"),
            Item(_("System"), "Candor"),
            Item(_("Engines used"), ", ".join(engines) or _("none in this period")),
            Item(_("Error rates of the engines"), _("not measured")),
            Item(_("Head of the record that was counted"), document["record"]["head"]),
        ],
    )


def _misuse(document: Document) -> Part:
    return Part(
        _("Breaches and misuse"),
        [
            Item(_("Misuse alerts"), _whole(document, "alerts")),
            *_lines(document, "alerts_closed", "count"),
            *_lines(document, "security", "count"),
            Item(_("Breaches of data, misuse found outside Candor, and what was done")),
        ],
    )


def _maryland(document: Document) -> Sequence[Part]:
    none = _("Candor records no age, race or sex of anybody, so it cannot fill this in.")
    return [
        _about(document),
        Part(
            _("Searches, by what was investigated"),
            [
                Item(_("All searches"), _whole(document, "searches")),
                *_by_purpose(document),
                Item(_("The same by the crime types of your law")),
                Item(_("Databases searched, by name")),
            ],
        ),
        Part(
            _("Results that led to action"),
            [
                Item(_("Searches concluded with a lead"), _whole(document, "conclusions", "lead")),
                Item(
                    _("Leads confirmed by other evidence"),
                    words.value(_cell(document, "follow_ups", "confirmed")),
                ),
                Item(_("Matches that led to investigative action")),
                Item(_("Age of the persons concerned"), hint=none),
                Item(_("Race of the persons concerned"), hint=none),
                Item(_("Gender of the persons concerned"), hint=none),
            ],
        ),
        _misuse(document),
    ]


def _washington(document: Document) -> Sequence[Part]:
    return [
        _about(document),
        Part(
            _("Extent of use"),
            [
                Item(_("All searches"), _whole(document, "searches")),
                *_by_purpose(document),
                Item(_("Searches that brought no candidate"), _whole(document, "finished", "nil")),
                Item(_("Searches concluded with a lead"), _whole(document, "conclusions", "lead")),
                Item(_("Documents handed out for disclosure"), None, _disclosed(document)),
            ],
        ),
        Part(
            _("Human review"),
            [
                Item(
                    _("Searches concluded after two examinations"), _whole(document, "conclusions")
                ),
                Item(
                    _("Searches on which the two examiners disagreed"),
                    words.value(_cell(document, "events", "disputed")),
                ),
                *_lines(document, "training", "count"),
            ],
        ),
        Part(
            _("Compliance"),
            [
                Item(_("Assessment of compliance with the accountability report")),
                Item(_("Known or suspected violations, and complaints")),
                Item(_("Recommended changes of the accountability report")),
                Item(_("Results of operational tests and of independent testing")),
            ],
        ),
        _misuse(document),
    ]


def _disclosed(document: Document) -> str:
    numbers = [
        words.value(_cell(document, "disclosures", "report")),
        words.value(_cell(document, "disclosures", "bundle")),
    ]
    return _("Candor made reports: %(reports)s; disclosure bundles: %(bundles)s.") % {
        "reports": numbers[0],
        "bundles": numbers[1],
    }


def _union(document: Document) -> Sequence[Part]:
    grounds = table_of(document, "searches")
    names = zip(grounds["columns"], grounds["column_totals"], strict=True)
    return [
        _about(document),
        Part(
            _("The deployer and the system"),
            [
                Item(_("Number in the EU database")),
                Item(_("Fundamental-rights impact assessment")),
                Item(_("Authorities that receive this report")),
            ],
        ),
        Part(
            _("Uses"),
            [
                Item(_("All searches"), _whole(document, "searches")),
                *_by_purpose(document),
                *(Item(words.column("searches", name), words.value(v)) for name, v in names),
            ],
        ),
        Part(_("Authorizations"), _authorizations(document)),
        Part(_("Outcomes"), _outcomes(document)),
        Part(
            _("To be confirmed by the agency"),
            [
                Item(_("Each use is noted in the police file")),
                Item(_("No decision was based on a result alone")),
                Item(_("This report discloses no sensitive operational data")),
            ],
        ),
    ]


def _authorizations(document: Document) -> list[Item]:
    decisions = table_of(document, "decisions")
    urgent = [
        value
        for name, cells in zip(decisions["rows"], decisions["cells"], strict=True)
        if name == "urgent_late"
        for value in cells
    ]
    locked = words.value(_cell(document, "events", "locked"))
    return [
        Item(_("Approved"), _whole(document, "decisions", "approved")),
        Item(_("Refused, stopped and erased"), _whole(document, "decisions", "refused")),
        Item(_("Lapsed undecided and erased"), _whole(document, "decisions", "lapsed")),
        Item(_("Urgent, decided after more than 48 hours"), words.value(total(urgent))),
        Item(_("Results locked: not authorized within 48 hours"), locked),
    ]


def _outcomes(document: Document) -> list[Item]:
    one = table_of(document, "conclusions")
    names = zip(one["columns"], one["column_totals"], strict=True)
    return [
        Item(_("Searches that brought no candidate"), _whole(document, "finished", "nil")),
        *(Item(words.column("conclusions", name), words.value(v)) for name, v in names),
    ]


CHECK = gettext_lazy(
    "This is no legal advice: check the text of the law in force before you send the report."
)
FORMS: Mapping[str, AnnualForm] = {
    "ai-act": AnnualForm(
        gettext_lazy("EU AI Act, annual report"),
        gettext_lazy("Regulation (EU) 2024/1689, Article 26(10)"),
        gettext_lazy(
            "Yearly, to the market surveillance authority and the data protection authority,"
            " without sensitive operational data. The text of the article was read; its duties"
            " are said to apply from 2 December 2027, which was read in secondary sources only."
        ),
        _union,
    ),
    "maryland": AnnualForm(
        gettext_lazy("Maryland, annual public report"),
        gettext_lazy("Maryland Code, Criminal Procedure § 2-510"),
        gettext_lazy(
            "Public, by 1 February for the year before. The text of the section was read."
        ),
        _maryland,
    ),
    "washington": AnnualForm(
        gettext_lazy("Washington State, annual report"),
        gettext_lazy("RCW 43.386"),
        gettext_lazy(
            "The chapter was read; that the report has exactly these points is general knowledge"
            " and was not read."
        ),
        _washington,
    ),
}
