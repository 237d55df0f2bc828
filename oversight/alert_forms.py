"""Forms about alerts. The services check again what they ask."""

from collections.abc import Iterable
from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from oversight.models import AlertDisposition
from oversight.services.alert_acts import MAX_TEXT


class AlertReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"), widget=forms.Textarea(attrs={"rows": 4}), max_length=MAX_TEXT
    )


class AlertHandOverForm(AlertReasonForm):
    """To one of those who may look into it."""

    user_id = forms.TypedChoiceField(label=_("Person"), coerce=int)
    field_order = ("user_id", "reason")

    def __init__(self, people: Iterable[User], data: Any = None) -> None:
        super().__init__(data)
        offered = [(one.pk, f"{one.name} ({one.email})") for one in people]
        cast(forms.ChoiceField, self.fields["user_id"]).choices = [("", _("Choose")), *offered]


class AlertDecisionForm(forms.Form):
    disposition = forms.ChoiceField(
        label=_("Decision"), choices=AlertDisposition.choices, widget=forms.RadioSelect
    )
    note = forms.CharField(
        label=_("What was found"),
        widget=forms.Textarea(attrs={"rows": 6}),
        max_length=MAX_TEXT,
        help_text=_("Kept sealed. Say what you looked at and why you decide so."),
    )
