"""What the first page of oversight leads to; each part of it is one card."""

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.functional import Promise

from accounts.actor import Actor
from accounts.permissions import Permission

Counting = Callable[[Actor], int]


def nothing(actor: Actor) -> int:
    return 0


Warned = Callable[[Actor], str]


def silent(actor: Actor) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Card:
    """One part: who sees it, where it leads, and how much of it waits for this person.

    `warning` is said above all cards; "" says nothing.
    """

    permission: Permission
    title: str | Promise
    text: str | Promise
    address: str
    waiting: Counting = nothing
    warning: Warned = silent


CARDS: list[Card] = []


def cards_for(actor: Actor) -> list[tuple[Card, int]]:
    """The cards that this person may open, with how much waits behind each."""
    return [(card, card.waiting(actor)) for card in CARDS if actor.can(card.permission)]


def warnings_for(actor: Actor) -> list[tuple[Card, str]]:
    """What cannot wait, each with the card that leads to it."""
    found = [(card, card.warning(actor)) for card in CARDS if actor.can(card.permission)]
    return [(card, words) for card, words in found if words]
