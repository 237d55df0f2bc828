"""Versions of a license in words, and what each of them changed."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Field
from django.utils import formats
from django.utils.translation import gettext as _

from accounts.models import License, LicenseVersion
from accounts.purposes import Purpose, SourceKind
from portal.days import day_in_words

FACTS = (
    "purchase_order",
    "contract_number",
    "amount",
    "signed_on",
    "starts_on",
    "ends_on",
    "grace_days",
    "seats",
    "searches_per_month",
    "searches_per_term",
    "faces",
    "overage_allowed",
    "overage_unit_price",
    "overage_cap",
    "impact_assessment_id",
    "registration_id",
    "purposes",
    "source_kinds",
    "galleries",
)
LIMITS = frozenset({"seats", "searches_per_month", "searches_per_term", "faces"})
LABELS = {**dict(Purpose.choices), **dict(SourceKind.choices)}


@dataclass(frozen=True, slots=True)
class Fact:
    """A term in words, or a change of it."""

    name: str
    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A version with its terms, and those among them that it changed."""

    version: LicenseVersion
    facts: list[Fact]
    changes: list[Fact]


def history_of(license: License, *, drafts: bool = True) -> list[Entry]:
    """The versions of a license, the latest first."""
    versions = sorted(license.versions.all(), key=lambda version: version.version)
    shown = [version for version in versions if drafts or version.is_signed]
    entries = [
        Entry(version, facts_of(version), changes_in(before, version) if before else [])
        for before, version in zip([None, *shown], shown, strict=False)
    ]
    return entries[::-1]


def facts_of(version: LicenseVersion) -> list[Fact]:
    """The terms that say something, in words."""
    facts = [Fact(name, label_of(name), _words(version, name)) for name in FACTS]
    return [fact for fact in facts if fact.value]


def changes_in(before: LicenseVersion, after: LicenseVersion) -> list[Fact]:
    """The terms in which a version differs from the one before it."""
    names = [name for name in FACTS if getattr(before, name) != getattr(after, name)]
    return [Fact(name, label_of(name), _change(before, after, name)) for name in names]


def _change(before: LicenseVersion, after: LicenseVersion, name: str) -> str:
    old, new = getattr(before, name), getattr(after, name)
    if isinstance(old, list) and isinstance(new, list):
        parts = []
        if added := [one for one in new if one not in old]:
            parts.append(_("added: %(what)s") % {"what": _listed(added)})
        if removed := [one for one in old if one not in new]:
            parts.append(_("taken out: %(what)s") % {"what": _listed(removed)})
        return "; ".join(parts)
    words = {"before": _words(before, name) or _("none"), "after": _words(after, name) or _("none")}
    return _("%(before)s, now %(after)s") % words


def label_of(name: str) -> str:
    field = LicenseVersion._meta.get_field(name)
    label = str(field.verbose_name) if isinstance(field, Field) else name
    return label[:1].upper() + label[1:]


def _words(version: LicenseVersion, name: str) -> str:
    value: Any = getattr(version, name)
    if name in LIMITS and value is None:
        return _("no limit")
    if name == "grace_days" and value == 0:
        return ""
    if isinstance(value, bool):
        return _("allowed") if value else _("not allowed")
    if isinstance(value, date):
        return day_in_words(value)
    if isinstance(value, Decimal):
        places = 2 if name == "amount" else None
        number = formats.number_format(_short(value), places, force_grouping=True)
        return f"{number} {version.currency}"
    if isinstance(value, int):
        return formats.number_format(value, force_grouping=True)
    if isinstance(value, list):
        return _listed(value)
    return value or ""


def _listed(values: list[Any]) -> str:
    return ", ".join(str(LABELS.get(one, one)) for one in values)


def _short(value: Decimal) -> Decimal:
    """Without the zeros behind the cents."""
    cents = value.quantize(Decimal("0.01"))
    return cents if cents == value else value
