"""The form for a new place of publication."""

from django import forms
from django.utils.translation import gettext_lazy as _

from oversight.models import DestinationKind


class DestinationForm(forms.Form):
    kind = forms.ChoiceField(label=_("Kind"), choices=DestinationKind.choices)
    target = forms.CharField(
        label=_("Address"),
        max_length=300,
        required=False,
        help_text=_("An e-mail address, or https://… for a webhook. Nothing for a file."),
    )
