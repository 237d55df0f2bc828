"""The form of an agency's security policies; the service and the database check again."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.faults import Fault
from accounts.models.policy import BOUNDS, MOST_NOTICE
from accounts.models.staff import MIN_REASON
from accounts.policies import NOTICES, SWITCHES, Policy, as_values, installation_policy, is_looser
from accounts.policy_words import WORDS, bound_in_words


class PolicyForm(forms.Form):
    """All policies with the values that hold, and why they shall change."""

    seen = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, policy: Policy, data: Any = None) -> None:
        super().__init__(data, initial={"seen": policy.version, **as_values(policy)})
        for name in WORDS:
            self.fields[name] = _field(name)
        self.fields["why"] = forms.CharField(
            label=_("Why you change this"),
            help_text=_("At least 10 characters. It is kept, and read by auditors."),
            max_length=500,
            widget=forms.Textarea(attrs={"rows": 3}),
        )

    def clean_why(self) -> str:
        why = str(self.cleaned_data["why"]).strip()
        if len(why) < MIN_REASON:
            raise Fault("reason_too_short").as_validation_error()
        return why

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for name in BOUNDS:
            if name in cleaned and is_looser(name, cleaned[name]):
                self.add_error(name, Fault("policy_too_loose").as_validation_error())
        for name in NOTICES:
            # Browsers send line ends of their own.
            cleaned[name] = str(cleaned.get(name, "")).replace("\r\n", "\n").strip()
        return cleaned

    def values(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in WORDS}


def _field(name: str) -> forms.Field:
    label, explanation = WORDS[name]
    if name in SWITCHES:
        return forms.BooleanField(label=label, help_text=explanation, required=False)
    if name in NOTICES:
        return forms.CharField(
            label=label,
            help_text=explanation,
            required=False,
            max_length=MOST_NOTICE,
            widget=forms.Textarea(attrs={"rows": 6}),
        )
    low, high = BOUNDS[name]
    bound = bound_in_words(name, getattr(installation_policy(), name))
    text = _("%(explanation)s The installation allows %(bound)s.") % {
        "explanation": explanation,
        "bound": bound,
    }
    return forms.IntegerField(label=label, help_text=text, min_value=low, max_value=high)
