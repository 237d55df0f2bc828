"""What the page of a gallery leads to; each part of it is one card.

A part of galleries/ adds its own card when it is loaded (galleries/apps.py), so that the page knows
none of them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.functional import Promise

from accounts.actor import Actor
from accounts.permissions import Permission
from searches.models import Gallery

# The rows of a gallery that wait for somebody; each has a gallery of its own.
Waiting = Callable[[Gallery], QuerySet[Any]]


@dataclass(frozen=True, slots=True)
class GalleryCard:
    """One part: who sees it, where it leads, and how much of it waits for somebody.

    `address` takes the gallery's id, or has it as ?gallery= where the page is of all galleries.
    """

    permission: Permission
    title: str | Promise
    text: str | Promise
    address: str
    waiting: Waiting | None = None
    of_all_galleries: bool = False

    def url(self, gallery: Gallery) -> str:
        if self.of_all_galleries:
            return f"{reverse(self.address)}?gallery={gallery.pk}"
        return reverse(self.address, args=[gallery.pk])


@dataclass(frozen=True, slots=True)
class ShownCard:
    title: str | Promise
    text: str | Promise
    url: str
    waiting: int


CARDS: list[GalleryCard] = []


def cards_for(actor: Actor, gallery: Gallery) -> list[ShownCard]:
    """The cards of a gallery that this person may open, with how much waits behind each.

    All are counted by one query, however many cards there are.
    """
    cards = [card for card in CARDS if actor.can(card.permission)]
    counts = {
        f"behind_{n}": _count(card.waiting(gallery))
        for n, card in enumerate(cards)
        if card.waiting is not None
    }
    one = Gallery.objects.filter(pk=gallery.pk).annotate(**counts)
    found = one.values(*counts).first() or {}
    return [
        ShownCard(
            card.title,
            card.text,
            card.url(gallery),
            found.get(f"behind_{n}", 0),
        )
        for n, card in enumerate(cards)
    ]


def _count(rows: QuerySet[Any]) -> Coalesce:
    one_gallery = rows.order_by().values("gallery_id").annotate(rows=Count("pk")).values("rows")
    return Coalesce(Subquery(one_gallery), 0)
