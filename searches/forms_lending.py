"""The form that asks for an examiner of another agency; the service checks again."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models.staff import MIN_REASON
from searches.faults import Fault
from searches.models.loan import DEFAULT_DAYS, MOST_DAYS
from searches.services.grounds import MAX_WORDS


class LendForm(forms.Form):
    email = forms.EmailField(
        label=_("E-mail address of the examiner"),
        help_text=_("You are not told whether the address belongs to an examiner."),
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    days = forms.IntegerField(
        label=_("For how many days"),
        initial=DEFAULT_DAYS,
        min_value=1,
        max_value=MOST_DAYS,
        help_text=_("Afterwards the person sees nothing any more, finished or not."),
    )
    reason = forms.CharField(
        label=_("Reason"),
        max_length=MAX_WORDS,
        help_text=_("At least 10 characters. Neither the person nor their agency reads it."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def clean_reason(self) -> str:
        reason = str(self.cleaned_data["reason"]).strip()
        if len(reason) < MIN_REASON:
            raise Fault("reason_too_short").as_validation_error()
        return reason

    def values(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in ("email", "days", "reason")}
