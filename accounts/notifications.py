"""What each kind of notification means to its reader: words, and whether it can be opened still.

An app adds the meanings of its kinds when it is loaded (notification_parts.py of each);
accounts.notification_page puts a list together, and knows none of them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.functional import Promise

from accounts.actor import Actor
from accounts.home import May
from accounts.models import NotificationKind

Address = Callable[[Actor, str], str]


@dataclass(frozen=True, slots=True)
class Meaning:
    """What is said of a kind, to whom its rows are open, and where they lead.

    `rows` are those that the person may look at now; one that is not among them is told of in the
    same words, and leads nowhere. `label` is a column of theirs that tells them apart, written by
    `shown`.
    """

    words: str | Promise
    may: May
    rows: Callable[[Actor], "QuerySet[Any]"]
    address: Address
    label: str = ""
    shown: Callable[[Any], str] = str


MEANINGS: dict[NotificationKind, Meaning] = {}


def kinds_for(actor: Actor) -> list[NotificationKind]:
    """The kinds that are told to who may what this actor may."""
    return [kind for kind, meaning in MEANINGS.items() if meaning.may(actor)]


def page(name: str) -> Address:
    """The address of a page for all of a kind."""
    return lambda actor, pk: reverse(name)


def page_of_row(name: str) -> Address:
    """The address of the row's own page."""
    return lambda actor, pk: reverse(name, args=[pk])


def anybody(actor: Actor) -> bool:
    """What is a person's own is open to them whatever their roles."""
    return True
