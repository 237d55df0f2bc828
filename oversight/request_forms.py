"""Forms of a request: what a person sends, or what is entered for one; the services check again."""

from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts.models import Agency
from oversight.faults import Fault
from oversight.models.request_words import (
    Channel,
    Reach,
    RequestKind,
)
from oversight.request_form_fields import day_field, text_field
from oversight.services.requests.receiving import Asked
from searches.forms import OnceForm


class RequestForm(OnceForm):
    """What the public page asks for. There is no field for a picture, and none is read."""

    kind = forms.ChoiceField(label=_("What you ask for"), choices=RequestKind.choices)
    for_another = forms.TypedChoiceField(
        label=_("For whom"),
        choices=[("no", _("For myself")), ("yes", _("For somebody whom I represent"))],
        coerce=lambda value: value == "yes",
    )
    name = forms.CharField(
        label=_("Full name of the person concerned"),
        max_length=200,
        help_text=_("As the agency would know it."),
    )
    other_names = forms.CharField(
        label=_("Other names"),
        max_length=300,
        required=False,
        help_text=_("Earlier names, other spellings."),
    )
    born = day_field(_("Date of birth"), required=False)
    occasion = text_field(
        _("Reference or occasion"),
        2,
        required=False,
        help_text=_(
            "If you know one: a file number, or when and where you had to do with the agency."
        ),
    )
    about = text_field(
        _("What it is about"),
        4,
        required=False,
        help_text=_("What you want to know, what is wrong, or what is to be erased."),
    )
    reach = forms.ChoiceField(label=_("How we reach you"), choices=Reach.choices)
    email = forms.EmailField(
        label=_("E-mail address"),
        required=False,
        max_length=254,
        help_text=_("Mails say that there is news and nothing else. Use a mailbox of your own."),
    )
    postal = text_field(_("Postal address"), 3, required=False)
    language = forms.ChoiceField(label=_("Language of the answer"), choices=settings.LANGUAGES)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        language = (get_language() or "en")[:2]
        kwargs["initial"] = {"language": language, **(kwargs.get("initial") or {})}
        super().__init__(*args, **kwargs)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        wanted = "email" if values.get("reach") == Reach.EMAIL else "postal"
        if not values.get(wanted) and wanted not in self.errors:
            self.add_error(wanted, Fault("request_address_missing").as_validation_error())
        return values

    def asked(self) -> Asked:
        values = self.cleaned_data
        by_mail = values["reach"] == Reach.EMAIL
        return Asked(
            kind=values["kind"],
            name=values["name"],
            reach=values["reach"],
            address=values["email"] if by_mail else values["postal"],
            language=values["language"],
            other_names=values["other_names"],
            born=str(values["born"] or ""),
            occasion=values["occasion"],
            about=values["about"],
            for_another=values["for_another"],
        )


class EnteredForm(RequestForm):
    """The same by hand, with how and when the request came."""

    channel = forms.ChoiceField(
        label=_("How it came"),
        choices=[pair for pair in Channel.choices if pair[0] != Channel.PAGE],
    )
    received_on = day_field(
        _("Received on"), help_text=_("The month for the answer runs from then.")
    )
    field_order = ("submission_key", "channel", "received_on")

    def received_at(self, agency: Agency) -> datetime:
        """The beginning of that day at the agency; of today, now."""
        day, zone = self.cleaned_data["received_on"], ZoneInfo(agency.time_zone)
        if day == timezone.localdate(timezone=zone):
            return timezone.now()
        return datetime.combine(day, time(), zone)


class MessageForm(forms.Form):
    text = text_field(_("Message"), 4)
