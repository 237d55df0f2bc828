"""Forms of the retention: a gallery's rule, legal holds, a run by hand."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.models.staff import MIN_REASON
from galleries.services.retention_rules import MOST_DAYS
from searches.faults import Fault
from searches.forms import OnceForm
from searches.services.case_notes import MAX_NOTE


def _reason(*, required: bool, help_text: Any) -> forms.CharField:
    return forms.CharField(
        label=_("Reason"),
        required=required,
        max_length=MAX_NOTE,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=help_text,
    )


def _long_enough(reason: str) -> str:
    if len(reason.strip()) < MIN_REASON:
        raise Fault("reason_too_short").as_validation_error()
    return reason.strip()


def is_confirmed(form: forms.Form | forms.BaseModelForm[Any], at_once: int) -> bool:
    """Whether so many pictures may expire at once; asks for it on the form's `confirmed`."""
    if not at_once or form.cleaned_data["confirmed"]:
        return True
    text = ngettext(
        "%(n)s picture would expire at once. Tick this if that is meant.",
        "%(n)s pictures would expire at once. Tick this if that is meant.",
        at_once,
    )
    form.add_error("confirmed", forms.ValidationError(text % {"n": at_once}, "not_confirmed"))
    return False


class RuleForm(forms.Form):
    days = forms.IntegerField(
        label=_("Retention in days"),
        min_value=1,
        max_value=MOST_DAYS,
        help_text=_(
            "A picture expires this many days after its enrolment, or sooner by the rule of its"
            " register or the day that was given with it."
        ),
    )
    lengthen = forms.BooleanField(
        label=_("Keep the pictures that are there longer as well"),
        required=False,
        help_text=_(
            "Without this a longer rule counts for pictures to come only. Those that are there go"
            " on the day that was promised."
        ),
    )
    reason = _reason(
        required=False,
        help_text=_("Needed to keep pictures longer: at least 10 characters. It is recorded."),
    )
    confirmed = forms.BooleanField(
        label=_("Pictures that are older than that may go with the next run"), required=False
    )

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        if values.get("lengthen"):
            try:
                _long_enough(values.get("reason", ""))
            except forms.ValidationError as error:
                self.add_error("reason", error)
        return values


class HoldForm(OnceForm):
    reason = _reason(
        required=True,
        help_text=_(
            "Such as the order of a court with its number. At least 10 characters, stored so that"
            " only your agency can read it."
        ),
    )

    def clean_reason(self) -> str:
        return _long_enough(self.cleaned_data["reason"])


class ReleaseForm(forms.Form):
    reason = _reason(required=True, help_text=_("At least 10 characters. It stays with the hold."))

    def clean_reason(self) -> str:
        return _long_enough(self.cleaned_data["reason"])


class RunForm(OnceForm):
    """Nothing but the confirmation."""
