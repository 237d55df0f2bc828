"""Entries of a record that another installation wrote, for people to read."""

from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from accounts.models import FormerRecord
from accounts.moving.former import former_contents, links_of
from oversight.action_words import words_of
from portal.audit.candor_verify import TIME

AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class FormerRow:
    """One entry in words; `content` is what was written about it, as far as it is kept."""

    number: int
    words: str
    entry: dict[str, Any]
    at: datetime
    content: dict[str, str]


def entries_from(former: FormerRecord, first: int) -> list[FormerRow]:
    """At most AT_ONCE entries from that number on, in the agency's scope.

    The file is read from its beginning: it is a closed chain, and no index is kept of it.
    """
    with links_of(former) as links:
        found = list(islice((link for link in links if link["number"] >= first), AT_ONCE))
    contents = former_contents(former, [link["entry"]["id"] for link in found])
    return [_row(link, contents) for link in found]


def _row(link: dict[str, Any], contents: dict[int, dict[str, str]]) -> FormerRow:
    entry = link["entry"]
    at = datetime.strptime(entry["at"], TIME).replace(tzinfo=UTC)
    words = words_of(entry["action"])
    return FormerRow(link["number"], words, entry, at, contents.get(entry["id"], {}))
