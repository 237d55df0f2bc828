"""Handing the agency's record out."""

from collections.abc import Iterator, Sequence

from django.db.models import Q

from accounts.actor import Actor
from accounts.models import FormerRecord
from accounts.moving.former import record_file
from accounts.permissions import Permission
from oversight.blindness import hidden_from
from portal.audit.actions import Action
from portal.audit.exporting import export_stream
from portal.audit.recorder import record


def export_record(
    *, actor: Actor, chosen: Q | None, filters: Sequence[str], case: str, with_contents: bool
) -> Iterator[bytes]:
    """The ZIP in parts; recorded before the first of them, so that the record holds it itself.

    Of entries that are not chosen, or that this person must not see yet, it has digests only.
    """
    actor.require(Permission.VIEW_RECORD)
    hidden = hidden_from(actor)
    if hidden is not None:
        chosen = ~hidden if chosen is None else chosen & ~hidden
    facts = {"filters": list(filters), "contents": with_contents}
    record(actor, Action.RECORD_EXPORTED, data=facts | ({"case": case} if case else {}))
    return export_stream(
        actor.agency, made_by=actor.label, chosen=chosen, with_contents=with_contents
    )


def export_former(*, actor: Actor, former: FormerRecord) -> Iterator[bytes]:
    """The record of the former installation as it wrote it; recorded before its first part."""
    actor.require(Permission.VIEW_RECORD)
    record(actor, Action.RECORD_FORMER_EXPORTED, former, {"sha256": former.sha256})
    return record_file(former)
