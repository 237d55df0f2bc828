"""What there is to bill of one license: lines that are not kept yet."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

from django.db import connection
from django.db.models import Max
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.billing.money import line_net
from accounts.billing.terms import (
    Days,
    Schedule,
    Sold,
    add_months,
    adjustment,
    charges,
    month_of,
    parts_due,
)
from accounts.licensing import licenses_of, local_day
from accounts.models import (
    BillingAccount,
    InvoiceLine,
    License,
    LicenseActKind,
    LicenseVersion,
    LineKind,
)

ONE = Decimal(1)


@dataclass(frozen=True, slots=True)
class Billable:
    """One line to come. `period` is the month of the ledger that it bills, if any."""

    kind: LineKind
    version: LicenseVersion
    days: Days
    quantity: Decimal
    unit_price: Decimal
    net: Decimal
    description: str
    period: str = ""


def signed_versions(license: License) -> list[LicenseVersion]:
    """The signed versions of a license by number. Raises LicenseTampered when one was changed."""
    (verified,) = [row for row in licenses_of(license.agency_id) if row.pk == license.pk]
    signed = [version for version in verified.versions.all() if version.is_signed]
    return sorted(signed, key=lambda version: version.version)


def sold(version: LicenseVersion) -> Sold:
    """The version as the arithmetic takes it."""
    term = Days(version.starts_on, version.ends_on)
    return Sold(version.version, version.amount, term, version.effective_on)


def billable(account: BillingAccount, license: License, on: date) -> list[Billable]:
    """Everything of a license that is due on a day and was not billed, in the active language."""
    versions = signed_versions(license)
    if not versions:
        return []
    return [
        *_adjustments(license, versions),
        *_subscription(account, license, versions, on),
        *_overage(license, versions, on),
    ]


def _billed(license: License) -> dict[int, date]:
    """The last day that subscription lines bill, by number of the version they bill it at."""
    lines = InvoiceLine.objects.filter(
        license_version__license=license, kind=LineKind.SUBSCRIPTION, void=False
    )
    found = lines.order_by().values_list("license_version__version").annotate(Max("last_day"))
    return dict(found)


def _adjustments(license: License, versions: Sequence[LicenseVersion]) -> Iterator[Billable]:
    billed = _billed(license)
    done = InvoiceLine.objects.filter(
        license_version__license=license, kind=LineKind.ADJUSTMENT, void=False
    ).values_list("license_version_id", flat=True)
    for old, new in pairwise(versions):
        under_older = [last for number, last in billed.items() if number < new.version]
        through = max(under_older, default=None)
        if through is None or new.effective_on > through or new.pk in done:
            continue
        net = adjustment(sold(old), sold(new), through, new.currency)
        days = Days(new.effective_on, through)
        text = _("License %(number)s as amended (version %(version)s), %(first)s to %(last)s") % {
            "number": license.number,
            "version": new.version,
            **_words(days),
        }
        if net:
            yield Billable(LineKind.ADJUSTMENT, new, days, ONE, net, net, text)


def _subscription(
    account: BillingAccount, license: License, versions: Sequence[LicenseVersion], on: date
) -> Iterator[Billable]:
    by_number = {version.version: version for version in versions}
    last = versions[-1]
    sold_versions = [sold(version) for version in versions]
    through = max(_billed(license).values(), default=None)
    until = _terminated_on(license, account)
    schedule = Schedule(account.schedule)
    for part in parts_due(Days(last.starts_on, last.ends_on), schedule, through, on):
        if until is not None and part.first >= until:
            break
        for charge in charges(sold_versions, part, last.currency):
            text = _("License %(number)s, %(first)s to %(last)s") % {
                "number": license.number,
                **_words(charge.days),
            }
            version, net = by_number[charge.version], charge.amount
            if net:
                kind = LineKind.SUBSCRIPTION
                yield Billable(kind, version, charge.days, ONE, net, net, text)


def _terminated_on(license: License, account: BillingAccount) -> date | None:
    act = license.acts.filter(kind=LicenseActKind.TERMINATED).first()
    return None if act is None else local_day(act.effective_at, account.agency.time_zone)


def _overage(license: License, versions: Sequence[LicenseVersion], on: date) -> Iterator[Billable]:
    """Searches beyond the limit in months that are over, at the price of their version."""
    by_number = {version.version: version for version in versions}
    for number, version_number, period, count in unbilled_overage(license.agency_id):
        if number != license.number or period >= month_of(on):
            continue
        version = by_number[version_number]
        price, quantity = version.overage_unit_price or Decimal(0), Decimal(count)
        net = line_net(quantity, price, version.currency)
        first = date.fromisoformat(f"{period}-01")
        days = Days(first, add_months(first, 1) - timedelta(days=1))
        text = _("License %(number)s, searches beyond the limit, %(month)s") % {
            "number": license.number,
            "month": date_format(first, "YEAR_MONTH_FORMAT"),
        }
        if net:
            kind = LineKind.OVERAGE
            yield Billable(kind, version, days, quantity, price, net, text, period)


def unbilled_overage(agency_id: int) -> list[tuple[str, int, str, int]]:
    """(license number, version, month, searches) beyond the limit that no line bills."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM accounts_unbilled_overage(%s)", [agency_id])
        return list(cursor.fetchall())


def _words(days: Days) -> dict[str, str]:
    return {
        "first": date_format(days.first, "DATE_FORMAT"),
        "last": date_format(days.last, "DATE_FORMAT"),
    }
