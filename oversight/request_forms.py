"""Forms about requests. What they check again, the services and the database check too."""

from datetime import datetime, time
from typing import Any, cast
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts.models import Agency
from accounts.models.staff import MIN_REASON
from oversight.faults import Fault
from oversight.models import SubjectRequest
from oversight.models.request_words import (
    Channel,
    IdentityMethod,
    Reach,
    RefusalGround,
    RequestKind,
    RequestOutcome,
    SentHow,
    Withheld,
    WithheldGround,
)
from oversight.services.requests.common import MOST_WORDS
from oversight.services.requests.receiving import Asked
from searches.forms import OnceForm


def _text(label: Any, rows: int = 3, *, required: bool = True, help_text: Any = "") -> Any:
    return forms.CharField(
        label=label,
        max_length=MOST_WORDS,
        required=required,
        help_text=help_text,
        widget=forms.Textarea(attrs={"rows": rows}),
    )


def _day(label: Any, *, required: bool = True, help_text: Any = "") -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, required=required, help_text=help_text, widget=widget)


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
    born = _day(_("Date of birth"), required=False)
    occasion = _text(
        _("Reference or occasion"),
        2,
        required=False,
        help_text=_(
            "If you know one: a file number, or when and where you had to do with the agency."
        ),
    )
    about = _text(
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
    postal = _text(_("Postal address"), 3, required=False)
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
    received_on = _day(_("Received on"), help_text=_("The month for the answer runs from then."))
    field_order = ("submission_key", "channel", "received_on")

    def received_at(self, agency: Agency) -> datetime:
        """The beginning of that day at the agency; of today, now."""
        day, zone = self.cleaned_data["received_on"], ZoneInfo(agency.time_zone)
        if day == timezone.localdate(timezone=zone):
            return timezone.now()
        return datetime.combine(day, time(), zone)


class MessageForm(forms.Form):
    text = _text(_("Message"), 4)


class NothingForm(forms.Form):
    """For acts that need no more than a confirmation."""


class NoteForm(forms.Form):
    text = _text(_("Note"), 4, help_text=_("Your agency alone reads it. It cannot be changed."))


class ToPersonForm(forms.Form):
    text = _text(_("Message to the person"), 5, help_text=_("The person reads these words."))


class ReasonForm(forms.Form):
    text = _text(_("Reason"), 3, help_text=_("At least 10 characters."))

    def clean_text(self) -> str:
        reason = str(self.cleaned_data["text"]).strip()
        if len(reason) < MIN_REASON:
            raise Fault("reason_too_short").as_validation_error()
        return reason


class ToldReasonForm(ReasonForm):
    text = _text(_("Reason"), 3, help_text=_("At least 10 characters. The person reads it."))


class IdentityForm(forms.Form):
    method = forms.ChoiceField(
        label=_("How the identity was checked"),
        choices=[("", _("Choose")), *IdentityMethod.choices],
        help_text=_("No copy of a document is kept."),
    )


class ReferenceForm(forms.Form):
    reference = forms.CharField(
        label=_("Subject reference"),
        max_length=120,
        help_text=_(
            "As in your register. Every gallery that has a subject with exactly this reference"
            " counts. A face is never searched for this."
        ),
    )


class NumberForm(forms.Form):
    number = forms.CharField(label=_("Number of the other request"), max_length=12)


class SentForm(forms.Form):
    how = forms.ChoiceField(
        label=_("How the letter went out"), choices=[("", _("Choose")), *SentHow.choices]
    )


class DecisionForm(forms.Form):
    outcome = forms.ChoiceField(
        label=_("Decision"), choices=[("", _("Choose")), *RequestOutcome.choices]
    )
    ground = forms.ChoiceField(
        label=_("Ground of a refusal"),
        required=False,
        choices=[("", _("None, it is granted")), *RefusalGround.choices],
    )
    withheld = forms.ChoiceField(
        label=_("Left out of the letter"),
        required=False,
        choices=Withheld.choices,
        help_text=_(
            "The letter reads the same as one to somebody about whom there is no more to tell."
        ),
    )
    withheld_ground = forms.ChoiceField(
        label=_("Ground of leaving out"),
        required=False,
        choices=[("", _("Nothing is left out")), *WithheldGround.choices],
    )
    erase_by = _day(_("To be erased by"), required=False)
    told = _text(
        _("What the letter says about the decision"),
        4,
        required=False,
        help_text=_("The person reads these words. Say here what was corrected."),
    )
    why = _text(
        _("Why, for your agency alone"),
        3,
        help_text=_("At least 10 characters. The person does not read it."),
    )

    def __init__(self, request: SubjectRequest, data: Any = None) -> None:
        super().__init__(data)
        if request.kind != RequestKind.ACCESS:
            del self.fields["withheld"], self.fields["withheld_ground"]
        if request.kind != RequestKind.ERASURE:
            del self.fields["erase_by"]
        else:
            cast(forms.DateField, self.fields["erase_by"]).help_text = _(
                "Where it is granted. The erasure itself is done in the galleries."
            )
