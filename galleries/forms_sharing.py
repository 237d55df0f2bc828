"""Forms about grants of galleries; the services check everything again."""

from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models.staff import MIN_REASON
from accounts.purposes import Purpose
from searches.faults import Fault
from searches.models.grant import MOST_SEARCHES
from searches.services.granting import Granted
from searches.services.grounds import MAX_WORDS

USUAL_DAYS, USUAL_SEARCHES = 365, 20


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=MAX_WORDS,
        help_text=_("At least 10 characters. The other agency does not read it."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def clean_reason(self) -> str:
        reason = str(self.cleaned_data["reason"]).strip()
        if len(reason) < MIN_REASON:
            raise Fault("reason_too_short").as_validation_error()
        return reason


class GrantForm(ReasonForm):
    agency = forms.CharField(
        label=_("Agency"),
        max_length=200,
        help_text=_(
            "Its short name, or its full name. You are not told whether there is such an agency"
            " before it answers."
        ),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    purposes = forms.MultipleChoiceField(
        label=_("For these purposes"),
        choices=Purpose.choices,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one purpose.")},
    )
    starts_on = forms.DateField(
        label=_("First day"), widget=forms.DateInput(attrs={"type": "date"})
    )
    ends_on = forms.DateField(
        label=_("Last day"),
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("At most two years after the first one."),
    )
    searches = forms.IntegerField(
        label=_("Number of searches"),
        min_value=1,
        max_value=MOST_SEARCHES,
        initial=USUAL_SEARCHES,
        help_text=_("A search that fails does not count."),
    )
    agreement = forms.CharField(
        label=_("Agreement between the agencies"),
        max_length=300,
        help_text=_("Its reference. The other agency reads it."),
    )

    field_order = ("agency", "purposes", "starts_on", "ends_on", "searches", "agreement", "reason")

    def __init__(self, today: date, data: Any = None) -> None:
        usual = {"starts_on": today, "ends_on": today + timedelta(days=USUAL_DAYS)}
        super().__init__(data, initial=usual)

    def granted(self) -> Granted:
        return Granted(**self.cleaned_data)


class OriginForm(forms.Form):
    code = forms.CharField(
        label=_("Code of the candidate"),
        max_length=2000,
        help_text=_("The other agency finds it beside its lead, and gives it to you."),
        widget=forms.Textarea(attrs={"rows": 4, "autocomplete": "off", "spellcheck": "false"}),
    )
