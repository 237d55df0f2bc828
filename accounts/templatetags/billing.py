"""Amounts of money in templates."""

from decimal import Decimal

from django import template
from django.utils.formats import number_format

from accounts.billing.money import minor_units

register = template.Library()


@register.filter
def money(amount: Decimal | None, currency: str) -> str:
    """ "224,000.00 USD": in the active language, with the digits of the currency."""
    if amount is None:
        return ""
    return f"{number_format(amount, minor_units(currency), force_grouping=True)}\u00a0{currency}"
