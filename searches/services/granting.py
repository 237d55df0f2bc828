"""Granting another agency search in a gallery, and revoking that at once."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import transaction
from django.utils import timezone

from accounts.actor import Actor, system_actor
from accounts.licensing import local_day
from accounts.models import Agency
from accounts.models.staff import MIN_REASON
from accounts.permissions import Permission
from accounts.purposes import Purpose
from portal.audit.actions import Action
from portal.audit.recorder import record
from portal.tasks import ring
from searches.faults import Fault
from searches.models import Gallery, GalleryGrant, SourceRegister
from searches.models.grant import MOST_DAYS, MOST_SEARCHES
from searches.services.grant_mails import tell_of_revocation
from searches.services.grounds import MAX_WORDS

JOB = "sharing"
LOOK_UP = "searches.tasks.look_up_grant"


@dataclass(frozen=True, slots=True)
class Granted:
    """What is granted to whom: for these purposes, on these days, so many searches.

    `agency` is the short or the full name; `agreement` is what both agencies know it by.
    """

    agency: str
    purposes: Iterable[str]
    starts_on: date
    ends_on: date
    searches: int
    agreement: str
    reason: str


@transaction.atomic
def offer_grant(*, actor: Actor, gallery: Gallery, granted: Granted) -> GalleryGrant:
    """Offer search in a gallery to the agency of that name. Raises Fault.

    It is the same, and takes as long, whether there is such an agency: a worker looks it up. The
    grant holds once an administrator of that agency has accepted it.
    """
    actor.require(Permission.MANAGE_GALLERIES)
    wanted = set(granted.purposes)
    purposes = [purpose for purpose in Purpose.values if purpose in wanted]
    _require(gallery, granted, purposes)
    grant = GalleryGrant(
        gallery=gallery,
        named=" ".join(granted.agency.split()),
        purposes=purposes,
        starts_on=granted.starts_on,
        ends_on=granted.ends_on,
        searches_allowed=granted.searches,
        agreement=granted.agreement.strip(),
        granted_by_id=actor.user_id,
        granted_by_label=actor.label,
    )
    grant.reason = granted.reason.strip()
    grant.save(force_insert=True)
    facts = {"gallery": str(gallery.pk), **facts_of(grant)}
    record(actor, Action.GRANT_OFFERED, grant, facts, content={"reason": grant.reason})
    ring(LOOK_UP, grant.agency_id, str(grant.pk))
    return grant


def facts_of(grant: GalleryGrant) -> dict[str, object]:
    return {
        "purposes": grant.purposes,
        "from": grant.starts_on.isoformat(),
        "to": grant.ends_on.isoformat(),
        "searches": grant.searches_allowed,
    }


def _require(gallery: Gallery, granted: Granted, purposes: list[str]) -> None:
    """Raise Fault for what cannot be granted."""
    own = Agency.objects.get(pk=gallery.agency_id)
    name = " ".join(granted.agency.split())
    if not name:
        raise Fault("grant_agency_missing")
    if name.casefold() in (own.slug.casefold(), own.name.casefold()):
        raise Fault("grant_to_own_agency")
    if not purposes:
        raise Fault("grant_purposes_missing")
    registers = SourceRegister.objects.filter(galleries__gallery=gallery)
    if registers.exclude(purposes__contains=purposes).exists():
        raise Fault("grant_purpose_not_of_source")
    today = local_day(timezone.now(), own.time_zone)
    first, last = granted.starts_on, granted.ends_on
    if last < max(first, today) or last - first > timedelta(days=MOST_DAYS):
        raise Fault("grant_period_out_of_range")
    if not 1 <= granted.searches <= MOST_SEARCHES:
        raise Fault("grant_searches_out_of_range")
    if not granted.agreement.strip():
        raise Fault("grant_agreement_missing")
    _require_reason(granted.reason)


def _require_reason(reason: str) -> None:
    if len(reason.strip()) < MIN_REASON:
        raise Fault("reason_too_short")
    if len(reason) > MAX_WORDS:
        raise Fault("text_too_long")


@transaction.atomic
def revoke_grant(*, actor: Actor, grant: GalleryGrant, reason: str) -> GalleryGrant:
    """Take a grant back: nothing is searched by it from now on. Raises Fault when it is over.

    A search that waits or runs fails and costs nothing. What was found before stays with the case
    of the agency that searched.
    """
    actor.require(Permission.MANAGE_GALLERIES)
    locked = GalleryGrant.objects.select_for_update(of=("self",)).get(pk=grant.pk)
    if not locked.is_open:
        raise Fault("grant_answered")
    _require_reason(reason)
    locked.revoked_at, locked.revoked_by_label = timezone.now(), actor.label
    locked.save(update_fields=["revoked_at", "revoked_by_label"])
    record(actor, Action.GRANT_REVOKED, locked, content={"reason": reason.strip()})
    if locked.borrower_id is not None:
        record(system_actor(JOB, locked.borrower_id), Action.GRANT_REVOKED, locked)
        tell_of_revocation(locked)
    return locked
