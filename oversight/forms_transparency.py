"""Which period a transparency report is about."""

from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Agency
from oversight.faults import Fault
from oversight.transparency.periods import Period, named
from oversight.transparency.showing import period_name

ANY = "any"
YEARS = 5


class PeriodForm(forms.Form):
    """One of the calendar periods so far, or any two days."""

    first = forms.DateField(
        label=_("From"),
        required=False,
        help_text=_("For other days only; a report of them cannot be published."),
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    last = forms.DateField(
        label=_("To"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )

    def __init__(self, *args: Any, today: date, since: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["period"] = forms.ChoiceField(label=_("Period"), choices=_choices(today, since))
        self.order_fields(["period"])

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if values.get("period") == ANY:
            first, last = values.get("first"), values.get("last")
            if not first or not last or last < first:
                fault = Fault("transparency_period_unknown")
                self.add_error("last", fault.as_validation_error())
        return values

    def chosen(self) -> Period:
        """The period of a valid form."""
        name = self.cleaned_data["period"]
        if name == ANY:
            return Period(self.cleaned_data["first"], self.cleaned_data["last"])
        return named(name)


def period_form(agency: Agency, posted: Any = None) -> PeriodForm:
    """The form for an agency today; the last month is offered first."""
    zone = ZoneInfo(agency.time_zone)
    today, since = timezone.localdate(timezone=zone), agency.created_at.astimezone(zone)
    last_month = (today.replace(day=1) - timedelta(days=1)).strftime("%Y-%m")
    initial = {"period": last_month}
    return PeriodForm(posted, today=today, since=since.date(), initial=initial)


def _choices(today: date, since: date) -> list[Any]:
    """Calendar periods, the latest first, back to when the agency began."""
    years = range(today.year, max(since.year, today.year - YEARS) - 1, -1)
    months = [f"{year}-{month:02}" for year in years for month in range(12, 0, -1)]
    quarters = [f"{year}-Q{quarter}" for year in years for quarter in range(4, 0, -1)]
    groups = ((_("Months"), months), (_("Quarters"), quarters), (_("Years"), [*map(str, years)]))
    offered = [(label, _named(names, today, since)) for label, names in groups]
    return [*offered, (ANY, _("Other days, chosen below"))]


def _named(names: list[str], today: date, since: date) -> list[tuple[str, str]]:
    periods = [named(name) for name in names]
    return [(p.name, period_name(p)) for p in periods if p.first <= today and p.last >= since]
