"""What the page of a gallery leads to; each part of it is one card.

A part of galleries/ adds its own card when it is loaded (galleries/apps.py), so that the page knows
none of them.
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise

from accounts.actor import Actor
from accounts.permissions import Permission
from searches.models import Gallery

Counting = Callable[[Gallery], int]


def nothing(gallery: Gallery) -> int:
    return 0


@dataclass(frozen=True, slots=True)
class GalleryCard:
    """One part: who sees it, where it leads (an address that takes the gallery's id), and how much
    of it waits for somebody. Counting costs one query at most."""

    permission: Permission
    title: str | Promise
    text: str | Promise
    address: str
    waiting: Counting = nothing


@dataclass(frozen=True, slots=True)
class ShownCard:
    title: str | Promise
    text: str | Promise
    url: str
    waiting: int


CARDS: list[GalleryCard] = []


def cards_for(actor: Actor, gallery: Gallery) -> list[ShownCard]:
    """The cards of a gallery that this person may open, with how much waits behind each."""
    return [
        ShownCard(
            card.title,
            card.text,
            reverse(card.address, args=[gallery.pk]),
            card.waiting(gallery),
        )
        for card in CARDS
        if actor.can(card.permission)
    ]
