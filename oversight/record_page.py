"""What the pages of the record show, worked out beforehand."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.apps import apps
from django.urls import reverse

from accounts.actor import Actor
from accounts.permissions import Permission
from oversight.action_words import words_of
from oversight.models import RecordReview
from oversight.record_form import RecordForm
from portal.audit.models import AuditEntry
from portal.templatetags.portal import day
from searches.models import Case, Gallery, Search, Subject

# Things with a page: their address, and whose right it is to open it.
PAGES: dict[str, tuple[Any, str, Permission]] = {
    "case": (Case, "case", Permission.VIEW_ALL_CASES),
    "search": (Search, "search", Permission.VIEW_ALL_CASES),
    "subject": (Subject, "subject", Permission.VIEW_GALLERIES),
    "gallery": (Gallery, "gallery", Permission.VIEW_GALLERIES),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One entry in a list."""

    entry: AuditEntry
    words: str
    case_number: str


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter that is set: what it says, and the address without it."""

    label: str
    value: str
    without: str


def rows_of(entries: Sequence[AuditEntry]) -> list[Row]:
    """The entries in words; all their cases are looked up at once."""
    numbers = _case_numbers({entry.case_id for entry in entries if entry.case_id})
    return [Row(one, words_of(one.action), numbers.get(one.case_id, "")) for one in entries]


def _case_numbers(ids: Iterable[str]) -> dict[str, str]:
    found = Case.objects.filter(pk__in=[pk for pk in ids if len(pk) == 36])
    return {str(case.pk): str(case.number) for case in found}


def chips_of(form: RecordForm) -> list[Chip]:
    """The filters of a valid form, each with the way to take it off."""
    given = form.given()
    values = {name: form.data.get(name, "") for name in given}
    return [
        Chip(
            str(form.fields[name].label),
            _shown(form, name),
            "?" + urlencode({key: value for key, value in values.items() if key != name}),
        )
        for name in given
    ]


def _shown(form: RecordForm, name: str) -> str:
    value, field = form.cleaned_data[name], form.fields[name]
    if isinstance(value, date):
        return str(day(value))
    if isinstance(field, forms.ChoiceField):
        return dict(_flat(field.choices)).get(str(value), str(value))
    if name == "case":
        return str(_case_numbers([value]).get(value, value))
    return str(value)


def _flat(choices: Any) -> Iterable[tuple[str, str]]:
    for value, label in choices:
        if isinstance(label, (list, tuple)):
            yield from ((str(one), str(words)) for one, words in label)
        else:
            yield str(value), str(label)


def kind_words(kind: str) -> str:
    """What a kind of thing is called; a kind that is no more stands for itself."""
    for model in apps.get_models():
        if model._meta.model_name == kind:
            return str(model._meta.verbose_name)
    return kind


def address_of(actor: Actor, kind: str, pk: str) -> str:
    """The page of a thing, where it still exists and this person may open it; "" otherwise."""
    if kind == "recordreview":
        week = RecordReview.objects.filter(pk=pk).values_list("week", flat=True).first()
        return reverse("review", args=[week.isoformat()]) if week else ""
    if kind not in PAGES or len(pk) != 36:
        return ""
    model, name, permission = PAGES[kind]
    if not actor.can(permission) or not model.objects.filter(pk=pk).exists():
        return ""
    return reverse(name, args=[pk])


def data_rows(data: dict[str, Any]) -> list[tuple[str, str]]:
    """The fields of an entry as texts."""
    return [(name, _as_text(value)) for name, value in sorted(data.items())]


def _as_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(one, (str, int)) for one in value):
        return ", ".join(map(str, value))
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
