"""Forms of what is done with a request; services and database check again."""

from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models.staff import MIN_REASON
from oversight.faults import Fault
from oversight.models import SubjectRequest
from oversight.models.request_words import (
    IdentityMethod,
    RefusalGround,
    RequestKind,
    RequestOutcome,
    SentHow,
    Withheld,
    WithheldGround,
)
from oversight.request_form_fields import day_field, text_field


class NothingForm(forms.Form):
    """For acts that need no more than a confirmation."""


class NoteForm(forms.Form):
    text = text_field(
        _("Note"), 4, help_text=_("Your agency alone reads it. It cannot be changed.")
    )


class ToPersonForm(forms.Form):
    text = text_field(_("Message to the person"), 5, help_text=_("The person reads these words."))


class ReasonForm(forms.Form):
    text = text_field(_("Reason"), 3, help_text=_("At least 10 characters."))

    def clean_text(self) -> str:
        reason = str(self.cleaned_data["text"]).strip()
        if len(reason) < MIN_REASON:
            raise Fault("reason_too_short").as_validation_error()
        return reason


class ToldReasonForm(ReasonForm):
    text = text_field(_("Reason"), 3, help_text=_("At least 10 characters. The person reads it."))


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
    erase_by = day_field(_("To be erased by"), required=False)
    told = text_field(
        _("What the letter says about the decision"),
        4,
        required=False,
        help_text=_("The person reads these words. Say here what was corrected."),
    )
    why = text_field(
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
