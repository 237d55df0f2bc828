"""Which license an agency works under at a moment, and what it allows.

The license that counts: of those that are active or in grace, an active one before one in grace,
a bought one before a trial, then the one that started last, then the one with the highest id. So a
renewal counts from its first day on, also while the license before it still runs; while a renewal
is suspended, the older one counts as long as it runs.
When none may be used, the same order among the others says what to tell people.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import models
from django.utils.translation import pgettext_lazy

from accounts.faults import Fault
from accounts.license_documents import LicenseTampered, verify_version
from accounts.models import Agency, License, LicenseAct, LicenseActKind, LicenseVersion
from portal.rows import fetch
from portal.tasks import ring_at_once
from portal.tenancy import current_agency_id, in_platform_scope

__all__ = ["LicenseState", "LicenseTampered", "Terms", "current_terms", "usable_terms"]


class LicenseState(models.TextChoices):
    """Follows from days, signatures and acts; stored nowhere.

    In grace everything goes on as long as the quota of the term lasts.
    """

    DRAFT = "draft", pgettext_lazy("license", "Draft")
    PENDING = "pending", pgettext_lazy("license", "Not yet started")
    ACTIVE = "active", pgettext_lazy("license", "Active")
    GRACE = "grace", pgettext_lazy("license", "In grace")
    EXPIRED = "expired", pgettext_lazy("license", "Expired")
    SUSPENDED = "suspended", pgettext_lazy("license", "Suspended")
    TERMINATED = "terminated", pgettext_lazy("license", "Terminated")


S = LicenseState
USABLE = frozenset({S.ACTIVE, S.GRACE})
# Which license to speak of first.
RANK = (S.ACTIVE, S.GRACE, S.SUSPENDED, S.PENDING, S.EXPIRED, S.TERMINATED, S.DRAFT)


ACTS = "accounts_licenseact WHERE agency_id = %s"
SIGNED = """
accounts_licenseversion
JOIN accounts_license ON accounts_license.id = accounts_licenseversion.license_id
JOIN accounts_agency ON accounts_agency.id = accounts_licenseversion.agency_id
WHERE accounts_licenseversion.agency_id = %s AND accounts_licenseversion.signature <> ''
"""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a license allows at a moment; None means no limit. Days are the agency's."""

    agency_id: int
    license_id: int
    number: str
    version_id: int
    version: int
    effective_on: date
    starts_on: date
    ends_on: date
    grace_days: int
    state: LicenseState
    seats: int | None
    searches_per_month: int | None
    searches_per_term: int | None
    faces: int | None
    purposes: frozenset[str]
    source_kinds: frozenset[str]
    galleries: frozenset[UUID] | None
    overage_allowed: bool
    overage_unit_price: Decimal | None
    overage_cap: int | None
    currency: str
    time_zone: str
    trial: bool

    @property
    def usable(self) -> bool:
        """Whether anything may be done under it."""
        return self.state in USABLE

    @property
    def last_usable_day(self) -> date:
        return self.ends_on + timedelta(days=self.grace_days)

    def local_day(self, at: datetime) -> date:
        """The agency's calendar day of a moment."""
        return local_day(at, self.time_zone)


def local_day(at: datetime, time_zone: str) -> date:
    """The calendar day of a moment in a time zone."""
    return at.astimezone(ZoneInfo(time_zone)).date()


def current_terms(agency_id: int, at: datetime) -> Terms | None:
    """The license that counts at a moment, usable or not; None when the agency has none signed.

    Works in the agency's scope and in the platform's. Raises LicenseTampered when any signed
    version of the agency is not what was signed.
    """
    found = []
    signed = _signed(agency_id)
    acts = [act for (act,) in fetch(ACTS, [agency_id], LicenseAct)]
    for license, versions in signed.items():
        agency = versions[0].agency
        version = version_at(versions, local_day(at, agency.time_zone))
        if version is not None:
            own = (act for act in acts if act.license_id == license.pk)
            state = state_at(own, version, at, agency.time_zone)
            found.append(terms_of(version, license, state, agency))
    return min(found, key=_precedence, default=None)


def _signed(agency_id: int) -> dict[License, list[LicenseVersion]]:
    """The signed versions by license, each verified, in one statement: every search asks."""
    if not in_platform_scope():
        current_agency_id()
    found: dict[License, list[LicenseVersion]] = {}
    for version, license, agency in fetch(SIGNED, [agency_id], LicenseVersion, License, Agency):
        version.license, version.agency = license, agency
        _verify(version, license, agency)
        found.setdefault(license, []).append(version)
    return found


def usable_terms(agency_id: int, at: datetime) -> Terms:
    """The same when something may be done under it. Raises Fault: license_missing, _pending, ..."""
    terms = current_terms(agency_id, at)
    if terms is None:
        raise Fault("license_missing")
    if not terms.usable:
        raise Fault(f"license_{terms.state.value}")
    return terms


def licenses_of(agency_id: int) -> list[License]:
    """The agency's licenses with their versions and acts, each signed version verified.

    Raises LicenseTampered, after it has rung for the alarm.
    """
    agency = Agency.objects.get(pk=agency_id)
    rows = License.objects.filter(agency_id=agency.pk).prefetch_related("versions", "acts")
    for license in rows:
        for version in license.versions.all():
            if version.is_signed:
                _verify(version, license, agency)
    return list(rows)


def _verify(version: LicenseVersion, license: License, agency: Agency) -> None:
    try:
        verify_version(version, license, agency)
    except LicenseTampered:
        # The transaction of whoever asks is about to be undone: the worker keeps the record.
        ring_at_once("accounts.tasks.report_tampering", agency.pk)
        raise


def version_at(versions: Iterable[LicenseVersion], day: date) -> LicenseVersion | None:
    """A license's signed version in effect on a day; before the first one, that one."""
    signed = sorted((v for v in versions if v.is_signed), key=lambda v: v.effective_on)
    in_effect = [version for version in signed if version.effective_on <= day] or signed[:1]
    return in_effect[-1] if in_effect else None


def state_at(
    acts: Iterable[LicenseAct], version: LicenseVersion | None, at: datetime, time_zone: str
) -> LicenseState:
    """The state of a license with these acts whose version in effect is `version`."""
    kinds = [act.kind for act in _in_order(acts) if act.effective_at <= at]
    if LicenseActKind.TERMINATED in kinds:
        return S.TERMINATED
    if version is None:
        return S.DRAFT
    day = local_day(at, time_zone)
    if day > version.ends_on + timedelta(days=version.grace_days):
        return S.EXPIRED
    if kinds and kinds[-1] == LicenseActKind.SUSPENDED:
        return S.SUSPENDED
    if day < version.starts_on:
        return S.PENDING
    return S.ACTIVE if day <= version.ends_on else S.GRACE


def _in_order(acts: Iterable[LicenseAct]) -> list[LicenseAct]:
    return sorted(acts, key=lambda act: (act.effective_at, act.pk))


def _precedence(terms: Terms) -> tuple[int, bool, int, int]:
    rank, started = RANK.index(terms.state), terms.starts_on.toordinal()
    return rank, terms.trial, -started, -terms.license_id


def terms_of(
    version: LicenseVersion, license: License, state: LicenseState, agency: Agency
) -> Terms:
    """The terms of a version as a value."""
    galleries = version.galleries
    return Terms(
        agency_id=agency.pk,
        license_id=license.pk,
        number=license.number,
        version_id=version.pk,
        version=version.version,
        effective_on=version.effective_on,
        starts_on=version.starts_on,
        ends_on=version.ends_on,
        grace_days=version.grace_days,
        state=state,
        seats=version.seats,
        searches_per_month=version.searches_per_month,
        searches_per_term=version.searches_per_term,
        faces=version.faces,
        purposes=frozenset(version.purposes),
        source_kinds=frozenset(version.source_kinds),
        galleries=None if galleries is None else frozenset(galleries),
        overage_allowed=version.overage_allowed,
        overage_unit_price=version.overage_unit_price,
        overage_cap=version.overage_cap,
        currency=version.currency,
        time_zone=agency.time_zone,
        trial=license.trial,
    )
