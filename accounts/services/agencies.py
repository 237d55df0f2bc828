"""Creating agencies and putting people into them."""

from collections.abc import Sequence

from django.db import transaction

from accounts.actor import Actor
from accounts.models import Agency, AgencyState, Membership, Role, User
from accounts.services import notices
from accounts.services.licenses.trial import give_trial_license
from accounts.services.platform_record import record_for_both
from accounts.services.seats import count_seats, has_license, lock_agency, seat_invitation
from portal.audit.actions import Action
from portal.audit.recorder import record
from portal.datakeys import new_ring
from portal.tenancy import platform_scope, scope


@transaction.atomic
def create_agency(
    *,
    actor: Actor,
    name: str,
    slug: str,
    jurisdiction: str = "",
    contact_name: str = "",
    contact_email: str = "",
    time_zone: str = "UTC",
    state: AgencyState = AgencyState.TRIAL,
    is_sandbox: bool = False,
) -> Agency:
    """A new agency with a data key of its own, on trial or active already.

    On trial it gets the trial's license and can work at once; an active one needs a license.
    Raises ValidationError on bad values.
    """
    actor.require_platform()
    agency = Agency(
        name=name,
        slug=slug,
        jurisdiction=jurisdiction,
        contact_name=contact_name,
        contact_email=contact_email,
        time_zone=time_zone,
        state=state,
        is_sandbox=is_sandbox,
    )
    agency.data_key = new_ring(data_key_identity(slug))
    with platform_scope():
        agency.full_clean(exclude=["data_key"])
        agency.save()
        facts = {"slug": slug} | ({"sandbox": True} if is_sandbox else {})
        record_for_both(actor, Action.AGENCY_CREATED, agency, facts)
        if state == AgencyState.TRIAL:
            give_trial_license(actor=actor, agency=agency)
    return agency


def data_key_identity(slug: str) -> str:
    """What an agency's wrapped key is bound to: it cannot be moved to another agency."""
    return f"agency-data-key:{slug}"


@transaction.atomic
def add_member(
    *, actor: Actor, agency: Agency, email: str, name: str, roles: Sequence[Role], password: str
) -> Membership:
    """A user (made when the address is new) with roles in the agency.

    Needs a seat once a license says how many there are; the first administrator comes before it.
    Raises Fault("seats_used_up"), LicenseTampered.
    """
    email = email.strip().lower()
    with scope(agency.pk):
        lock_agency(agency.pk)
        user = User.objects.filter(email=email).first()
        if user is None:
            user = User.objects.create_user(email, password, name=name)
        membership = Membership.objects.create(user=user, roles=[role.value for role in roles])
        if has_license(agency):
            seat_invitation(agency)
        else:
            count_seats()
        record(actor, Action.MEMBER_ADDED, membership, {"roles": membership.roles})
        notices.member_added(actor, agency, membership)
    return membership
