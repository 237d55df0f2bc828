"""Drafts of licenses and of their amendments: what is written down before it is signed."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from accounts.actor import Actor
from accounts.billing.terms import add_months
from accounts.faults import Fault
from accounts.licensing import local_day
from accounts.models import Agency, License, LicenseActKind, LicenseVersion, Plan
from accounts.services.licenses.locks import next_number, one_at_a_time
from accounts.services.platform_record import record_for_both
from portal.audit.actions import Action
from portal.tenancy import platform_scope

OVERAGE = ("overage_allowed", "overage_unit_price", "overage_cap")
# What a license takes over from its plan.
FROM_PLAN = (
    "currency",
    "seats",
    "searches_per_month",
    "searches_per_term",
    "faces",
    "purposes",
    "source_kinds",
    "grace_days",
    *OVERAGE,
)
TERM_FIELDS = (
    "purchase_order",
    "contract_number",
    "amount",
    "signed_on",
    "starts_on",
    "ends_on",
    "galleries",
    "impact_assessment_id",
    "registration_id",
    "effective_on",
    "change_note",
    *FROM_PLAN,
)
NOBODY = {
    "overage_requested_by_id": None,
    "overage_requested_by_label": "",
    "overage_approved_by_id": None,
    "overage_approved_by_label": "",
}


@transaction.atomic
def draft_license(
    *,
    actor: Actor,
    agency: Agency,
    plan: Plan | None = None,
    number: str = "",
    renews: License | None = None,
    trial: bool = False,
    **values: Any,
) -> LicenseVersion:
    """The first version of a new license, to be signed; `values` are of TERM_FIELDS.

    What is left out comes from the plan; the number is the next free one. Without other days it
    begins today, in the agency's time zone, and takes effect with its first day. Raises
    ValidationError on bad values, Fault, TypeError on unknown fields.
    """
    actor.require_platform()
    if plan is not None and plan.published_at is None:
        raise Fault("plan_not_published")
    now = timezone.now()
    today = local_day(now, agency.time_zone)
    terms = _defaults(plan, values, today)
    with platform_scope():
        license = License(
            agency=agency,
            number=number.strip() or next_number("T" if trial else "L", today.year),
            plan=plan,
            renews=renews,
            trial=trial,
            made_at=now,
        )
        license.full_clean()
        license.save(force_insert=True)
        version = LicenseVersion(
            agency=agency, license=license, version=1, trial=trial, made_at=now
        )
        return _write(actor, version, terms, Action.LICENSE_DRAFTED)


@transaction.atomic
def change_draft(*, actor: Actor, version: LicenseVersion, **values: Any) -> LicenseVersion:
    """Change some of TERM_FIELDS in a version that is not signed yet.

    Whoever changes the overage asks for it anew. Raises ValidationError and Fault.
    """
    actor.require_platform()
    with platform_scope():
        row = locked_draft(version)
        if row.version == 1 and "starts_on" in values:
            values["effective_on"] = values["starts_on"]
        return _write(actor, row, values, Action.LICENSE_CHANGED)


@transaction.atomic
def amend(
    *, actor: Actor, license: License, effective_on: date, change_note: str, **changes: Any
) -> LicenseVersion:
    """A draft of the next version: the last signed terms with `changes`, from a day on.

    Raises Fault when there is a draft already, nothing signed, or a later version in effect.
    """
    actor.require_platform()
    if not change_note.strip():
        raise Fault("license_change_note_missing")
    with platform_scope():
        one_at_a_time(f"license {license.pk}")
        last = _last_signed(license)
        if effective_on <= last.effective_on:
            raise Fault("license_version_too_early")
        version = LicenseVersion(
            agency_id=license.agency_id,
            license=license,
            version=last.version + 1,
            trial=license.trial,
            made_at=timezone.now(),
        )
        for name in (*TERM_FIELDS, *NOBODY):
            setattr(version, name, getattr(last, name))
        values = {**changes, "effective_on": effective_on, "change_note": change_note.strip()}
        return _write(actor, version, values, Action.LICENSE_DRAFTED)


def renew(*, actor: Actor, license: License, **changes: Any) -> LicenseVersion:
    """The draft of a license that follows this one for as long again, with `changes`.

    It is a license of its own with its own order: the purchase order is not taken over. Raises
    Fault when nothing of the old one is signed, ValidationError on bad values.
    """
    actor.require_platform()
    with platform_scope():
        last = _last_signed(license)
        if license.trial:
            raise Fault("license_trial_not_renewed")
        agency = Agency.objects.get(pk=license.agency_id)
    anew = ("purchase_order", "effective_on", "change_note", "signed_on")
    values = {name: getattr(last, name) for name in TERM_FIELDS if name not in anew}
    starts_on = changes.get("starts_on") or last.ends_on + timedelta(days=1)
    values |= {"starts_on": starts_on, "ends_on": _as_long_again(last, starts_on)} | changes
    return draft_license(actor=actor, agency=agency, plan=license.plan, renews=license, **values)


def locked_draft(version: LicenseVersion) -> LicenseVersion:
    """The version, locked until the transaction ends. Raises Fault when it is signed or over."""
    rows = LicenseVersion.objects.select_for_update(of=("self",)).select_related(
        "license", "agency"
    )
    row = rows.get(pk=version.pk)
    if row.is_signed:
        raise Fault("license_signed")
    refuse_terminated(row.license)
    return row


def refuse_terminated(license: License) -> None:
    if license.acts.filter(kind=LicenseActKind.TERMINATED).exists():
        raise Fault("license_terminated")


def _last_signed(license: License) -> LicenseVersion:
    refuse_terminated(license)
    last = LicenseVersion.objects.filter(license=license).order_by("version").last()
    if last is None or not last.is_signed:
        raise Fault("license_draft_open")
    return last


def _defaults(plan: Plan | None, values: Mapping[str, Any], today: date) -> dict[str, Any]:
    given = dict(values)
    if plan is not None:
        given = {name: getattr(plan, name) for name in FROM_PLAN} | {"amount": plan.price} | given
    given.setdefault("signed_on", today)
    given.setdefault("starts_on", today)
    given["effective_on"] = given["starts_on"]
    if given.get("ends_on") is None and given["starts_on"] is not None:
        months = 12 if plan is None else plan.term_months
        given["ends_on"] = add_months(given["starts_on"], months) - timedelta(days=1)
    return given


def _as_long_again(last: LicenseVersion, starts_on: date) -> date:
    """Whole months where the old term was whole months, its number of days otherwise."""
    after = last.ends_on + timedelta(days=1)
    months = (after.year - last.starts_on.year) * 12 + after.month - last.starts_on.month
    if months and add_months(last.starts_on, months) == after:
        return add_months(starts_on, months) - timedelta(days=1)
    return starts_on + (last.ends_on - last.starts_on)


def _write(
    actor: Actor, version: LicenseVersion, values: Mapping[str, Any], action: Action
) -> LicenseVersion:
    """Set the values, note who asks for the overage, check everything, save and record."""
    if unknown := values.keys() - set(TERM_FIELDS):
        raise TypeError(f"no field of a license: {', '.join(sorted(unknown))}")
    before = {name: getattr(version, name) for name in TERM_FIELDS}
    for name, value in values.items():
        setattr(version, name, value)
    changed = sorted(name for name in TERM_FIELDS if getattr(version, name) != before[name])
    if set(changed) & set(OVERAGE):
        set_request(actor, version)
    version.made_by_id, version.made_by_label = actor.user_id, actor.label
    version.full_clean()
    version.save()
    facts: dict[str, Any] = {"number": version.license.number, "version": version.version}
    if action == Action.LICENSE_CHANGED:
        facts["fields"] = changed
    record_for_both(actor, action, version.agency, facts, version.license)
    return version


def set_request(actor: Actor, version: LicenseVersion) -> None:
    """Whoever sets the overage has asked for it; it waits for somebody else's approval."""
    for name, value in NOBODY.items():
        setattr(version, name, value)
    if not version.overage_allowed:
        version.overage_unit_price = version.overage_cap = None
        return
    if actor.user_id is None:
        raise PermissionDenied("Overage is asked for by a person")
    version.overage_requested_by_id = actor.user_id
    version.overage_requested_by_label = actor.label
