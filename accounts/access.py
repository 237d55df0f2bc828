"""Which agency a person works in, and as what; and what belongs to an agency alone."""

import json
import time
from dataclasses import replace
from datetime import date
from typing import Any

from django.utils import timezone

from accounts.actor import Actor, command_actor
from accounts.agency_states import WORKING, permitted
from accounts.certificates import without_training
from accounts.licensing import local_day
from accounts.models import Agency, Membership, User
from accounts.notification_queries import UNREAD
from accounts.permissions import permissions_of
from accounts.policies import LATEST
from accounts.services.agencies import data_key_identity
from portal.rows import fetch
from portal.storage import FileStore, open_store
from portal.tenancy import current_agency_id, platform_scope, remembered_in_scope, user_scope

KEPT_SECONDS = 10.0
AT_HAND = "agency at hand"
PLACE = (Agency, Membership)
PLACES = """
accounts_membership JOIN accounts_agency ON accounts_agency.id = accounts_membership.agency_id
WHERE accounts_membership.user_id = %s AND accounts_membership.deactivated_at IS NULL
"""


def memberships_of(user: User) -> list[tuple[Agency, Membership]]:
    """The agencies a person belongs to, by name, with their stored policies.

    The memberships have the number of unread notifications (`unread`).
    """
    # Row-level security shows a person their own rows.
    with user_scope(user.pk):
        rows = fetch(
            f"{PLACES} ORDER BY accounts_agency.name", [user.pk], *PLACE, more=(LATEST, UNREAD)
        )
    for agency, membership, policy, unread in rows:
        agency.stored_policy, membership.unread = _stored(policy), unread
    return [(agency, membership) for agency, membership, *_ in rows]


def place_of(user: User, agency_id: int) -> tuple[Agency, Membership] | None:
    """An agency with its stored policy, and a person's membership in it; None if they left.

    For code that is in the agency's scope.
    """
    here, values = f"{PLACES} AND accounts_agency.id = %s", [user.pk, agency_id]
    current_agency_id()
    for agency, membership, policy in fetch(here, values, *PLACE, more=(LATEST,)):
        agency.stored_policy = _stored(policy)
        return agency, membership
    return None


def _stored(policy: str | None) -> dict[str, Any] | None:
    return None if policy is None else dict(json.loads(policy))


def actor_of(user: User, agency: Agency, membership: Membership, source: str) -> Actor:
    """The person acting in the agency, with what roles, training and its state allow."""
    granted = permitted(permissions_of(membership.roles), agency.state)
    withheld = without_training(agency, user.pk, granted)
    return Actor(
        user_id=user.pk,
        label=user.email,
        agency_id=membership.agency_id,
        permissions=granted - withheld,
        source=source,
        withheld=withheld,
    )


def agency_by_slug(slug: str) -> Agency | None:
    """For commands of the operator, who names an agency by its short name."""
    with platform_scope():
        return Agency.objects.filter(slug=slug).first()


def operator_in(agency: Agency, command: str) -> Actor:
    """The operator at the command line, with what the agency's state allows."""
    actor = command_actor(command, agency.pk)
    return replace(actor, permissions=permitted(actor.permissions, agency.state))


def is_working(agency_id: int) -> bool:
    """Whether queued work of this agency may be done; asked inside its scope."""
    return Agency.objects.filter(pk=agency_id, state__in=WORKING).exists()


def files_of(agency_id: int) -> FileStore:
    """The encrypted files of an agency; works inside its scope only."""
    slug, wrapped = Agency.objects.values_list("slug", "data_key").get(pk=agency_id)
    return open_store(agency_id, bytes(wrapped), data_key_identity(slug))


def files_in_scope(agency_id: int) -> FileStore:
    """The same, asked for once in ten seconds of a scope: a page opens many texts of rows.

    Texts that are sealed by a version that came meanwhile are read by `files_of`.
    """
    known, now = remembered_in_scope(), time.monotonic()
    name = f"files of {agency_id}"
    if name not in known or known[name][0] < now:
        agency: Agency | None = known.pop(AT_HAND, None)
        at_hand = agency is not None and agency.pk == agency_id
        store = _files_by(agency) if agency and at_hand else files_of(agency_id)
        known[name] = (now + KEPT_SECONDS, store)
    found: FileStore = known[name][1]
    return found


def have_at_hand(agency: Agency) -> None:
    """Spare the scope that was just opened for an agency the look for its key."""
    remembered_in_scope()[AT_HAND] = agency


def _files_by(agency: Agency) -> FileStore:
    return open_store(agency.pk, bytes(agency.data_key), data_key_identity(agency.slug))


def today_at(agency_id: int) -> date:
    """The agency's calendar day now; works inside its scope only."""
    zone = Agency.objects.values_list("time_zone", flat=True).get(pk=agency_id)
    return local_day(timezone.now(), zone)
