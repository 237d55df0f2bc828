"""Amounts of money: Decimal with an ISO 4217 currency, rounded half up to its minor unit."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from fractions import Fraction

# ISO 4217, list of 2024-06-25: currencies whose minor unit is not a hundredth.
_MINOR_UNITS: Mapping[int, str] = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
_HUNDREDTHS = (
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD"
    " CAD CDF CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD"
    " GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD"
    " MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP"
    " PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS"
    " TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD YER ZAR ZMW ZWG"
)
MINOR_UNITS: Mapping[str, int] = dict.fromkeys(_HUNDREDTHS.split(), 2) | {
    code: digits for digits, codes in _MINOR_UNITS.items() for code in codes.split()
}


def minor_units(currency: str) -> int:
    """Digits after the point that amounts in this currency have, 0 to 4. Raises ValueError."""
    try:
        return MINOR_UNITS[currency]
    except KeyError:
        raise ValueError(f"{currency!r} is not a currency of ISO 4217") from None


def rounded(value: Decimal | Fraction, currency: str) -> Decimal:
    """The amount in whole minor units, half up (halves away from zero), from the exact value."""
    digits = minor_units(currency)
    scaled = Fraction(value) * 10**digits
    whole = (2 * abs(scaled.numerator) + scaled.denominator) // (2 * scaled.denominator)
    return Decimal(whole if scaled >= 0 else -whole).scaleb(-digits)


def is_whole(amount: Decimal, currency: str) -> bool:
    """Whether an amount can be paid in this currency: no fraction of its minor unit."""
    return rounded(amount, currency) == amount


def line_net(quantity: Decimal | int, unit_price: Decimal, currency: str) -> Decimal:
    """What one line costs: the product is exact and rounded once."""
    return rounded(Fraction(quantity) * Fraction(unit_price), currency)


def taxes(lines: Iterable[tuple[Decimal, Decimal]], currency: str) -> dict[Decimal, Decimal]:
    """Tax by rate (percent) over (net, rate) of lines, rounded once on the sum of each rate."""
    sums: dict[Decimal, Decimal] = {}
    for net, percent in lines:
        sums[percent] = sums.get(percent, Decimal(0)) + net
    return {
        percent: rounded(Fraction(net) * Fraction(percent) / 100, currency)
        for percent, net in sorted(sums.items())
    }


def taxes_added(
    before: Iterable[tuple[Decimal, Decimal]],
    lines: Iterable[tuple[Decimal, Decimal]],
    currency: str,
) -> dict[Decimal, Decimal]:
    """The tax by rate that lines of a credit note add to those of the notes before it.

    Notes that together credit all lines of an invoice credit all of its tax, to the cent.
    """
    earlier, own = list(before), list(lines)
    already, through = taxes(earlier, currency), taxes([*earlier, *own], currency)
    rates = {percent for _net, percent in own}
    return {p: tax - already.get(p, Decimal(0)) for p, tax in through.items() if p in rates}
