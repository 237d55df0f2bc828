"""Forms of webhooks; the services check everything again."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import CHOSEN_EVENTS, DeliveryState, EventType
from accounts.webhooks.endpoints import EndpointFacts


class WebhookForm(forms.Form):
    url = forms.CharField(
        label=_("Address"),
        max_length=500,
        widget=forms.URLInput({"spellcheck": "false", "autocomplete": "off"}),
        help_text=_("An https address of a public host. Redirects are not followed."),
    )
    description = forms.CharField(
        label=_("Description"),
        max_length=200,
        required=False,
        help_text=_("What it is for, such as the system that listens there."),
    )
    events = forms.MultipleChoiceField(
        label=_("What it is told of"),
        choices=[(str(event), event.label) for event in CHOSEN_EVENTS],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one of the events offered.")},
    )

    def facts(self) -> EndpointFacts:
        return EndpointFacts(**self.cleaned_data)


class DeliveryFilterForm(forms.Form):
    """Which deliveries of an endpoint are shown; what is none of the choices shows all."""

    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[("", _("All")), *DeliveryState.choices],
    )
    event = forms.ChoiceField(
        label=_("Event"),
        required=False,
        choices=[("", _("All")), *((str(one), one.label) for one in EventType)],
    )

    def chosen(self) -> dict[str, Any]:
        self.full_clean()
        found = {"state": "state", "event": "event__type"}
        said = getattr(self, "cleaned_data", {})
        return {column: said[name] for name, column in found.items() if said.get(name)}
