"""The period that statistics are asked for."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _


class PeriodForm(forms.Form):
    first = forms.DateField(
        label=_("From"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    last = forms.DateField(
        label=_("To"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )

    def clean(self) -> dict[str, Any]:
        days = super().clean() or {}
        first, last = days.get("first"), days.get("last")
        if first and last and last < first:
            self.add_error("last", _("The period ends before it begins."))
        return days
