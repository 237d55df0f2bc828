"""What the record can be filtered by; every filter is a field of the address."""

from datetime import date, datetime, time, timedelta
from typing import Any, cast
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from oversight.action_words import choices
from portal.audit.outcomes import Outcome
from portal.widgets import LongSelect
from searches.marked import spellings
from searches.models import Case

# Acts that are nobody's: of Candor itself, and of the operator's commands.
NOBODY = "system"
MOST_ID = 2**63 - 1
FILTERS = ("q", "person", "case", "action", "outcome", "first", "last")


def people() -> list[tuple[str, str]]:
    """Everybody who is or was a member, by the name that the record calls them by."""
    found = Membership.objects.select_related("user").order_by("user__email")
    return [
        (
            str(one.user_id),
            one.user.email if one.deactivated_at is None else _gone(one.user.email),
        )
        for one in found
    ]


def _gone(label: str) -> str:
    return str(_("%(person)s (no longer here)") % {"person": label})


def _day(label: Any) -> forms.DateField:
    """A day of the years that a record can be of: beyond them calendars end."""
    sane = [MinValueValidator(date(2000, 1, 1)), MaxValueValidator(date(2199, 12, 31))]
    widget = forms.DateInput(attrs={"type": "date"})
    return forms.DateField(label=label, required=False, validators=sane, widget=widget)


class RecordForm(forms.Form):
    q = forms.CharField(
        label=_("Find"),
        required=False,
        max_length=200,
        help_text=_(
            "An entry’s number, or an id, address, hash or code in full. Several must all be there."
        ),
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off"}),
    )
    person = forms.ChoiceField(label=_("Person"), required=False, widget=LongSelect)
    case = forms.CharField(label=_("Case"), required=False, max_length=100)
    action = forms.ChoiceField(label=_("Act"), required=False, widget=LongSelect)
    outcome = forms.ChoiceField(label=_("Outcome"), required=False)
    first = _day(_("From"))
    last = _day(_("To"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        any_of = [("", _("All"))]
        nobody = (NOBODY, _("Candor itself, and the operator"))
        self._offer("person", [*any_of, *people(), nobody])
        self._offer("action", [*any_of, *choices()])
        self._offer("outcome", [*any_of, *Outcome.choices])

    def _offer(self, name: str, offered: list[Any]) -> None:
        cast(forms.ChoiceField, self.fields[name]).choices = offered

    def clean_q(self) -> str:
        text: str = self.cleaned_data["q"]
        if "\x00" in text:
            raise ValidationError(_("Enter words without control characters."), "q_invalid")
        return text.strip()

    def clean_case(self) -> str:
        """The id of the case, which also stands for one that is gone; its number is looked up."""
        text = self.cleaned_data["case"].strip()
        if not text:
            return ""
        try:
            return str(UUID(text))
        except ValueError:
            cases = Case.objects.filter(number__in=spellings(text))
            pk = cases.values_list("pk", flat=True).first()
        if pk is None:
            raise ValidationError(_("No case has this number."), "case_unknown")
        return str(pk)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        first, last = values.get("first"), values.get("last")
        if first and last and last < first:
            self.add_error("last", _("The period ends before it begins."))
        return values

    def given(self) -> list[str]:
        """Names of the filters that are set."""
        return [name for name in FILTERS if self.cleaned_data.get(name)]


def midnight(day: date, days: int = 0) -> datetime:
    """Where a day begins for the person, `days` days later."""
    return timezone.make_aware(datetime.combine(day + timedelta(days=days), time()))


class LogForm(RecordForm):
    """The filters, and where in the list one is; that is no filter, and goes with a new one."""

    before = forms.IntegerField(
        required=False, min_value=0, max_value=MOST_ID, widget=forms.HiddenInput
    )
    after = forms.IntegerField(
        required=False, min_value=0, max_value=MOST_ID, widget=forms.HiddenInput
    )
