"""What the first page of oversight leads to; each part of it is one card."""

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.functional import Promise

from accounts.actor import Actor
from accounts.permissions import Permission

Counting = Callable[[Actor], int]


def nothing(actor: Actor) -> int:
    return 0


@dataclass(frozen=True, slots=True)
class Card:
    """One part: who sees it, where it leads, and how much of it waits for this person."""

    permission: Permission
    title: str | Promise
    text: str | Promise
    address: str
    waiting: Counting = nothing


CARDS: list[Card] = []


def cards_for(actor: Actor) -> list[tuple[Card, int]]:
    """The cards that this person may open, with how much waits behind each."""
    return [(card, card.waiting(actor)) for card in CARDS if actor.can(card.permission)]
