"""The forms in which the platform's staff enter licenses, amend them and act on them."""

from typing import Any

from django import forms
from django.db.models import Field, Q
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminSplitDateTimeWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from accounts.models import Agency, AgencyState, LicenseVersion, Plan
from accounts.models.license import NUMBER
from accounts.models.staff import MIN_REASON
from accounts.platform.plan_admin import ClosedListsForm
from accounts.services.licenses.drafting import TERM_FIELDS

# In the order in which a purchase order is read.
SECTIONS: list[tuple[Any, tuple[str, ...]]] = [
    (
        _("Order"),
        (
            "agency",
            "number",
            "purchase_order",
            "contract_number",
            "signed_on",
            "amount",
            "currency",
        ),
    ),
    (_("Change"), ("effective_on", "change_note")),
    (_("Term"), ("starts_on", "ends_on", "grace_days")),
    (_("Limits"), ("seats", "searches_per_month", "searches_per_term", "faces")),
    (
        _("Searches beyond the limit"),
        ("overage_allowed", "overage_unit_price", "overage_cap"),
    ),
    (_("Papers"), ("impact_assessment_id", "registration_id")),
    (_("What for"), ("purposes", "source_kinds", "galleries")),
]
NO_LIMIT = _("Empty: no limit.")
HELP = {
    "ends_on": _("Empty: the months of the plan, or a year."),
    "seats": NO_LIMIT,
    "searches_per_month": NO_LIMIT,
    "searches_per_term": NO_LIMIT,
    "faces": NO_LIMIT,
    "overage_allowed": _("Another person of the staff has to approve it before it is signed."),
    "impact_assessment_id": _("Number or file reference. Needed before the license is signed."),
    "registration_id": _("Entry in the register of such systems. Needed as well."),
    "galleries": _("Ids, separated by commas. Empty: all galleries of the kinds of source."),
}


class TermsForm(ClosedListsForm):
    """The terms of one version; the services check them again and write them."""

    class Meta:
        model = LicenseVersion
        fields = TERM_FIELDS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, text in HELP.items():
            self.fields[name].help_text = text
        self.fields["ends_on"].required = False
        self.fields["galleries"].widget.attrs["rows"] = 2

    def sections(self) -> list[tuple[Any, list[forms.BoundField]]]:
        """The fields under their headings, without the headings that have none here."""
        found = [(title, [self[n] for n in names if n in self.fields]) for title, names in SECTIONS]
        return [(title, fields) for title, fields in found if fields]

    def terms(self) -> dict[str, Any]:
        """What the services take: the values of the fields that are terms."""
        return {name: self.cleaned_data[name] for name in TERM_FIELDS if name in self.fields}

    def _get_validation_exclusions(self) -> set[str]:
        """A version is checked whole by the service, with the license that it belongs to."""
        return {
            field.name for field in LicenseVersion._meta.get_fields() if isinstance(field, Field)
        }

    def _post_clean(self) -> None:
        """Nothing is written onto a row here."""


class NewLicenseForm(TermsForm):
    agency = forms.ModelChoiceField(
        label=_("Agency"), queryset=Agency.objects.none(), widget=UnfoldAdminSelectWidget()
    )
    number = forms.CharField(
        label=_("Number"),
        help_text=_("Empty: the next free number."),
        max_length=30,
        required=False,
        validators=[NUMBER],
        widget=UnfoldAdminTextInputWidget(),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        open_ones = Agency.objects.filter(~Q(state=AgencyState.CLOSED))
        self.fields["agency"].queryset = open_ones  # type: ignore[attr-defined]
        for name in ("effective_on", "change_note"):
            del self.fields[name]


class RenewalForm(TermsForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("effective_on", "change_note"):
            del self.fields[name]


class AmendmentForm(TermsForm):
    """From which day on, what changes: the note is read by the agency."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["change_note"].required = True


class ActForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("The agency reads it."),
        min_length=MIN_REASON,
        max_length=500,
        widget=UnfoldAdminTextareaWidget(),
    )
    effective_at = forms.SplitDateTimeField(
        label=_("From"),
        help_text=_("Empty: at once. In UTC."),
        required=False,
        widget=UnfoldAdminSplitDateTimeWidget(),
    )


def defaults_of(plan: Plan | None, names: tuple[str, ...]) -> dict[str, Any]:
    """What a plan fills in."""
    if plan is None:
        return {}
    values = {name: getattr(plan, name) for name in names}
    return values | {"amount": plan.price}
