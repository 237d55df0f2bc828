"""Billing accounts, tax rates and payments on the platform's pages."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from accounts.models import BillingAccount, Payment, TaxRate
from accounts.platform.base import PlatformAdmin, actor_in
from accounts.platform.billing.forms import ReasonForm
from accounts.platform.billing.pages import ActPages, posted
from accounts.services.billing.accounts import CHANGEABLE, save_billing_account, save_tax_rate
from accounts.services.billing.paying import reverse_payment
from accounts.templatetags.billing import money


class Changing(PlatformAdmin):
    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_view_permission(request)


class TaxRateAdmin(Changing):
    list_display = ["name", "percent", "offered"]
    list_filter = ["offered"]
    fields = ["name", "percent", "offered"]

    def save_model(self, request: HttpRequest, obj: TaxRate, form: Any, change: bool) -> None:
        save_tax_rate(actor=actor_in(request), rate=obj)


class BillingAccountAdmin(Changing):
    list_display = ["legal_name", "agency", "contact_email", "tax_rate", "schedule"]
    list_filter = ["schedule", "language", "tax_rate"]
    list_select_related = ["agency", "tax_rate"]
    search_fields = ["legal_name", "agency__name", "contact_email", "tax_id"]
    change_form_outer_after_template = "accounts/platform/billing/account_links.html"

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["agency", *CHANGEABLE]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["agency"] if obj else []

    def formfield_for_foreignkey(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        if db_field.name == "tax_rate":
            kwargs["queryset"] = TaxRate.objects.filter(offered=True)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_model(
        self, request: HttpRequest, obj: BillingAccount, form: Any, change: bool
    ) -> None:
        values = {name: form.cleaned_data[name] for name in CHANGEABLE}
        made = save_billing_account(actor=actor_in(request), agency=obj.agency, **values)
        obj.__dict__.update(made.__dict__)


class PaymentAdmin(ActPages):
    list_display = ["received_on", "agency", "invoice", "sum", "bank_reference", "is_reversed"]
    list_filter = ["agency", "received_on"]
    list_select_related = ["agency", "invoice", "reverses"]
    search_fields = ["bank_reference", "invoice__number", "agency__name"]
    fields = ["invoice", "agency", "received_on", "sum", "bank_reference", "reverses", "reason"]
    fields += ["recorded_at", "recorded_by_label"]
    readonly_fields = fields
    actions_detail = ["reverse"]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("reversals")

    @display(description=_("amount"), ordering="amount")  # type: ignore[untyped-decorator]
    def sum(self, row: Payment) -> str:
        return money(row.amount, row.invoice.currency)

    @admin.display(description=_("reversed"), boolean=True)
    def is_reversed(self, row: Payment) -> bool:
        return row.reverses_id is not None or bool(row.reversals.all())

    @action(description=_("Reverse"), url_path="reverse")  # type: ignore[untyped-decorator]
    def reverse(self, request: HttpRequest, object_id: str) -> HttpResponse:
        row, actor = self.found(request, object_id), actor_in(request)
        return self.ask(
            request,
            row,
            ReasonForm(posted(request)),
            lambda values: reverse_payment(actor=actor, payment=row, **values),
            title=_("Reverse"),
            words=_("A counter entry is made, for a mistake or when money was paid back."),
            done=_("The payment was reversed."),
        )
