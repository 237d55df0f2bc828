"""Forms of the procedure around a search: decisions on it, and what became of it."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from searches.models import Basis, FollowUpOutcome
from searches.services.grounds import MAX_WORDS

# Which field of the search form a fault of the grounds is about.
FIELD_OF: dict[str, str] = {
    "basis_unknown": "basis",
    "search_reason_missing": "reason",
    "facts_missing": "facts",
    "authorization_reference_missing": "reference",
    "document_missing": "document",
    "document_empty": "document",
    "document_too_large": "document",
    "document_not_accepted": "document",
    "purpose_unknown": "purpose",
    "purpose_not_licensed": "purpose",
    "grant_over": "grants",
    "grant_used_up": "grants",
    "grant_purpose": "grants",
}


@dataclass(frozen=True, slots=True)
class BasisChoice:
    """A legal basis as the form offers it: what it is for, and what happens then."""

    box: Any
    explanation: str | Promise
    consequence: str | Promise


EXPLANATIONS: dict[str, str | Promise] = {
    Basis.INITIAL_IDENTIFICATION: _(
        "Nobody is suspected by name yet; objective facts tie the person to the case."
    ),
    Basis.AUTHORIZED: _("A court or another authority has permitted this search in writing."),
    Basis.URGENT: _("Somebody is in danger now, and no authorization can be had in time."),
}
AT_ONCE = _("It is searched at once.")
CONSEQUENCES: dict[str, str | Promise] = {
    Basis.INITIAL_IDENTIFICATION: AT_ONCE,
    Basis.AUTHORIZED: _("It waits for a supervisor, who checks the document."),
    Basis.URGENT: _(
        "It is searched at once. Unless a supervisor authorizes it within 48 hours, the results"
        " lock after that."
    ),
}
BY_POLICY = _("It waits for a supervisor: your agency has every search authorized.")


def basis_choices(form: forms.Form, authorize_every_search: bool) -> list[BasisChoice]:
    """The radios of the legal basis, each with a sentence on what it is and what follows."""
    consequences = dict(CONSEQUENCES)
    if authorize_every_search:
        consequences[Basis.INITIAL_IDENTIFICATION] = BY_POLICY
    return [
        BasisChoice(box, EXPLANATIONS[value], consequences[value])
        for box in form["basis"]
        if (value := str(box.data["value"])) in EXPLANATIONS
    ]


class DecisionForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason of the decision"),
        max_length=MAX_WORDS,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("It stays on record, also when the search is erased. Name no person in it."),
        error_messages={"required": _("Give the reason of your decision.")},
    )


class FollowUpForm(forms.Form):
    outcome = forms.ChoiceField(
        label=_("What other evidence says"), choices=[("", _("Choose")), *FollowUpOutcome.choices]
    )
    note = forms.CharField(
        label=_("Note"),
        required=False,
        max_length=MAX_WORDS,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Which evidence it was. Stored so that only your agency can read it."),
    )
