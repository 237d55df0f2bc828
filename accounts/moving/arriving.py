"""Letting the people of an agency that came in: those who are new here are invited."""

from dataclasses import dataclass

from accounts.actor import Actor
from accounts.models import Agency, Invitation, Membership
from accounts.moving.people import Arrived
from accounts.policies import as_values, policy_of
from accounts.services import notices
from accounts.services.invitations import invite_back
from accounts.services.policies import change_policy
from accounts.services.seats import count_seats

WHY = "The identity provider of the former installation did not come along"


@dataclass(frozen=True, slots=True)
class Invited:
    """An invitation that is to be sent, and the token that stands in its link alone."""

    invitation: Invitation
    token: str


def let_people_in(actor: Actor, agency: Agency, arrived: list[Arrived]) -> list[Invited]:
    """Invite whoever was active and has no account yet; tell the others. In the open transaction.

    Until somebody accepts, the membership is as one that has ended (own_rules.py).
    """
    invited = []
    for one in arrived:
        membership = Membership.objects.get(user=one.user)
        if not one.is_active:
            continue
        if one.is_new:
            language = one.user.language or "en"
            made = invite_back(actor=actor, membership=membership, language=language)
            invited.append(Invited(*made))
        else:
            notices.member_added(actor, agency, membership)
    count_seats()
    return invited


def settle_policy(actor: Actor) -> None:
    """Log-in by an identity provider alone would let nobody in: none came along."""
    policy = policy_of(actor.agency)
    values = as_values(policy)
    if values["single_sign_on_required"]:
        values |= {"single_sign_on_required": False}
        change_policy(actor=actor, seen=policy.version, values=values, why=WHY)
