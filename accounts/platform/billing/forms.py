"""Forms of the acts on invoices."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from accounts.billing.money import minor_units
from accounts.models import Invoice, InvoiceLine, License
from accounts.templatetags.billing import money


class DayInput(UnfoldAdminTextInputWidget):  # type: ignore[misc]
    """The browser's own calendar; its value is always ISO 8601."""

    input_type = "date"

    def format_value(self, value: Any) -> Any:
        return value.isoformat() if isinstance(value, date) else value


class DayField(forms.DateField):
    widget = DayInput

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(input_formats=["%Y-%m-%d"], **kwargs)


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("At least 10 characters. The agency reads it."),
        max_length=500,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
    )


class SureForm(forms.Form):
    """A page that only asks whether one is sure."""


class PaymentForm(forms.Form):
    received_on = DayField(label=_("Received on"))
    amount = forms.DecimalField(
        label=_("Amount"),
        max_digits=18,
        decimal_places=4,
        widget=UnfoldAdminDecimalFieldWidget(attrs={"inputmode": "decimal"}),
    )
    bank_reference = forms.CharField(
        label=_("Bank reference"), max_length=140, widget=UnfoldAdminTextInputWidget()
    )


class CreditForm(ReasonForm):
    line: Any = forms.ModelChoiceField(None, label=_("Line"), widget=UnfoldAdminSelectWidget())
    net = forms.DecimalField(
        label=_("Net amount to credit"),
        help_text=_("The tax is added as on the line."),
        max_digits=18,
        decimal_places=4,
        widget=UnfoldAdminDecimalFieldWidget(attrs={"inputmode": "decimal"}),
    )
    field_order = ["line", "net", "reason"]

    def __init__(self, invoice: Invoice, data: Any = None) -> None:
        super().__init__(data)
        lines: Any = self.fields["line"]
        lines.queryset = InvoiceLine.objects.filter(invoice=invoice, net__gt=0).order_by("position")
        lines.label_from_instance = lambda row: (
            f"{row.position}. {row.description}: {money(row.net, invoice.currency)}"
        )
        self.fields["net"].widget.attrs["step"] = f"{10 ** -minor_units(invoice.currency):f}"


class DraftForm(forms.Form):
    license: Any = forms.ModelChoiceField(
        None,
        label=_("License"),
        required=False,
        empty_label=_("Every license"),
        widget=UnfoldAdminSelectWidget(),
    )

    def __init__(self, data: Any = None, initial: Any = None) -> None:
        super().__init__(data, initial=initial)
        licenses: Any = self.fields["license"]
        licenses.queryset = License.objects.select_related("agency").order_by("agency__name", "pk")
        licenses.label_from_instance = lambda row: f"{row.agency.name}: {row.number}"


class StatementForm(forms.Form):
    first = DayField(label=_("From"))
    last = DayField(label=_("To"))

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if values.get("first") and values.get("last") and values["last"] < values["first"]:
            self.add_error("last", _("The last day lies before the first."))
        return values
