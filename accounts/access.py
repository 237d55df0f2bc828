"""Which agency a person works in, and as what; and what belongs to an agency alone."""

import time
from dataclasses import replace
from datetime import date

from django.utils import timezone

from accounts.actor import Actor, command_actor
from accounts.agency_states import WORKING, permitted
from accounts.certificates import without_training
from accounts.licensing import local_day
from accounts.models import Agency, Membership, User
from accounts.notification_queries import unread_of_membership
from accounts.permissions import permissions_of
from accounts.policies import with_policies
from accounts.services.agencies import data_key_identity
from portal.storage import FileStore, open_store
from portal.tenancy import platform_scope, remembered_in_scope, user_scope

KEPT_SECONDS = 10.0
AT_HAND = "agency at hand"


def memberships_of(user: User) -> list[tuple[Agency, Membership]]:
    """The agencies a person belongs to, by name, with their stored policies.

    The memberships have the number of unread notifications (`unread`).
    """
    with user_scope(user.pk):
        # The manager wants an agency; row-level security shows a person their own rows.
        rows = Membership._base_manager.filter(user=user, deactivated_at=None)
        own = {row.agency_id: row for row in rows.annotate(unread=unread_of_membership())}
        agencies = with_policies(Agency.objects.filter(pk__in=own))
        return [(agency, own[agency.pk]) for agency in agencies]


def place_of(user: User, agency_id: int) -> tuple[Agency, Membership] | None:
    """An agency with its stored policy, and a person's membership in it; None if they left.

    For code that is in the agency's scope.
    """
    membership = Membership.objects.filter(user=user, deactivated_at=None).first()
    agency = with_policies(Agency.objects.filter(pk=agency_id)).first()
    return None if membership is None or agency is None else (agency, membership)


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
