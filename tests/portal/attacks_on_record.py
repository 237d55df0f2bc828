"""What somebody may do to a record who has the database, but not the key and what was published.

Each attack changes a history and says of which kinds a finding must be (one of them at least).
Targets lie within the first `covered` links, which the published checkpoint covers.
"""

import random
from collections.abc import Callable
from datetime import datetime, timedelta

from portal.audit.canonical import moment
from portal.signing import signed_bytes
from tests.portal.record_model import STRANGER, History, signed

Attack = Callable[[History, random.Random, int], set[str]]
FIELDS = ("action", "outcome", "source", "case", "at", "content")


def some(chance: random.Random, covered: int) -> int:
    return chance.randrange(covered)


def twist(history: History, chance: random.Random, place: int) -> None:
    """Change one thing of one entry."""
    entry = history.links[place]["entry"]
    field = chance.choice([*FIELDS, "label", "actor", "subject", "data"])
    if field == "label":
        entry["actor"]["label"] += "x"
    elif field == "actor":
        entry["actor"]["id"] = 6
    elif field == "subject":
        entry["subject"]["id"] += "0"
    elif field == "data":
        entry["data"] = {**entry["data"], "more": 1}
    elif field == "at":
        entry["at"] = entry["at"][:-2] + ("1Z" if entry["at"][-2] != "1" else "2Z")
    elif field == "content":
        entry["content"] = "c" * 64
        history.contents.pop(entry["id"], None)
    else:
        entry[field] += "x"


# --- By somebody who does not know of the chain, or cannot keep up with it ------------------------


def change_an_entry(history: History, chance: random.Random, covered: int) -> set[str]:
    twist(history, chance, some(chance, covered))
    return {"changed"}


def change_an_entry_and_its_digest(
    history: History, chance: random.Random, covered: int
) -> set[str]:
    place = some(chance, covered)
    twist(history, chance, place)
    twin = history.copy()
    twin.recompute()
    history.links[place]["digest"] = twin.links[place]["digest"]
    return {"broken"}


def delete_an_entry(history: History, chance: random.Random, covered: int) -> set[str]:
    history.links[some(chance, covered)]["entry"] = None
    return {"removed"}


def delete_link_and_entry(history: History, chance: random.Random, covered: int) -> set[str]:
    place = some(chance, covered)
    last = place == len(history.links) - 1
    del history.links[place]
    return {"truncated"} if last else {"removed"}


def delete_and_renumber(history: History, chance: random.Random, covered: int) -> set[str]:
    place = some(chance, covered)
    last = place == len(history.links) - 1
    del history.links[place]
    for number, link in enumerate(history.links, start=1):
        link["number"] = number
    return {"truncated"} if last else {"broken"}


def insert_with_a_number_of_its_own(
    history: History, chance: random.Random, covered: int
) -> set[str]:
    place = some(chance, covered)
    history.links.insert(place, {**history.links[place], "entry": history.entry()})
    return {"duplicate"}


def insert_and_renumber(history: History, chance: random.Random, covered: int) -> set[str]:
    place = some(chance, covered)
    history.links.insert(place, {**history.links[place], "entry": history.entry()})
    for number, link in enumerate(history.links, start=1):
        link["number"] = number
    return {"broken"}


def exchange_two_entries(history: History, chance: random.Random, covered: int) -> set[str]:
    one, other = chance.sample(range(covered), 2)
    links = history.links
    links[one]["entry"], links[other]["entry"] = links[other]["entry"], links[one]["entry"]
    return {"reordered"}


def exchange_two_links(history: History, chance: random.Random, covered: int) -> set[str]:
    one, other = chance.sample(range(covered), 2)
    links = history.links
    for key in ("entry", "digest", "head"):
        links[one][key], links[other][key] = links[other][key], links[one][key]
    return {"broken"}


def exchange_two_lines(history: History, chance: random.Random, covered: int) -> set[str]:
    one, other = chance.sample(range(covered), 2)
    links = history.links
    links[one], links[other] = links[other], links[one]
    return {"reordered"}


def cut_the_end(history: History, chance: random.Random, covered: int) -> set[str]:
    del history.links[some(chance, covered) :]
    return {"truncated"}


def repeat_an_entry(history: History, chance: random.Random, covered: int) -> set[str]:
    history.append(history.links[some(chance, covered)]["entry"])
    return {"duplicate"}


def bring_an_entry_of_elsewhere(history: History, chance: random.Random, covered: int) -> set[str]:
    history.append({**history.entry(), "agency": 77})
    return {"mixed"}


def change_a_content(history: History, chance: random.Random, covered: int) -> set[str]:
    entry = history.links[some(chance, covered)]["entry"]
    history.contents[entry["id"]] = {"salt": "0" * 64, "fields": {"reason": "another"}}
    return {"content"}


def put_in_too_late(history: History, chance: random.Random, covered: int) -> set[str]:
    """By the front door, with a time that is past."""
    at = datetime.fromisoformat(history.checkpoints[-1]["document"]["at"])
    past = at - timedelta(hours=1, seconds=chance.randrange(1, 10**6))
    history.append({**history.entry(), "at": moment(past)})
    return {"backdated"}


def forge_a_checkpoint(history: History, chance: random.Random, covered: int) -> set[str]:
    one = chance.choice(history.checkpoints)
    document = one["document"] = {**one["document"]}
    field = chance.choice(["head", "entries", "at", "previous", "number"])
    document[field] = document[field] + 1 if type(document[field]) is int else "f" * 64
    if field == "at":
        document["at"] = "2026-11-28T07:00:00.000000Z"
    return {"signature"}


def sign_a_checkpoint_by_another_key(
    history: History, chance: random.Random, covered: int
) -> set[str]:
    place = chance.randrange(len(history.checkpoints))
    history.checkpoints[place] = signed(history.checkpoints[place]["document"], STRANGER)
    return {"key"}


def hand_over_to_another_key(history: History, chance: random.Random, covered: int) -> set[str]:
    """With a statement that the old key never signed."""
    document = {
        **{"format": 1, "old_key_id": history.keys[0].id, "new_key_id": STRANGER.id},
        **{"new_public_key": STRANGER.public, "at": moment(history.clock)},
    }
    assert signed_bytes("key-change", document)
    statement = {"document": document, "signature": STRANGER.sign("key-change", document)}
    history.changes = [*history.changes, statement]
    history.write()
    history.sign(STRANGER)
    return {"key"}


def take_out_the_checkpoints(history: History, chance: random.Random, covered: int) -> set[str]:
    history.checkpoints = []
    history.write()
    history.sign()
    return {"checkpoint"}


NAIVE: list[Attack] = [
    change_an_entry,
    change_an_entry_and_its_digest,
    delete_an_entry,
    delete_link_and_entry,
    delete_and_renumber,
    insert_with_a_number_of_its_own,
    insert_and_renumber,
    exchange_two_entries,
    exchange_two_links,
    exchange_two_lines,
    cut_the_end,
    repeat_an_entry,
    bring_an_entry_of_elsewhere,
    change_a_content,
    put_in_too_late,
    forge_a_checkpoint,
    sign_a_checkpoint_by_another_key,
    hand_over_to_another_key,
    take_out_the_checkpoints,
]


# --- By somebody who computes the whole chain anew ----------------------------------------------


def rewrite(history: History, chance: random.Random, covered: int) -> set[str]:
    """Change, remove, insert or reorder, and leave a chain that is consistent in itself.

    Returns what an earlier export must show.
    """
    what = chance.choice(["changed", "removed", "inserted", "reordered"])
    place, links = some(chance, covered), history.links
    if what == "changed":
        twist(history, chance, place)
    elif what == "removed":
        del links[place]
    elif what == "inserted":
        links.insert(place, {"entry": history.entry()})
    else:
        one, other = chance.sample(range(covered), 2)
        links[one], links[other] = links[other], links[one]
    history.recompute()
    cover_up(history, chance)
    return {what}


def restore_an_older_dump(history: History, chance: random.Random, covered: int) -> set[str]:
    """And perhaps go on from there: then the chain is another one after that point."""
    keep = some(chance, covered)
    history.links = history.links[:keep]
    history.checkpoints = [c for c in history.checkpoints if c["document"]["entries"] <= keep]
    if chance.random() < 0.6:
        while len(history.links) < covered:
            history.write()
        history.sign()
    return {"removed"}


def cover_up(history: History, chance: random.Random) -> None:
    """Checkpoints do not fit any more: take them out, keep them, or sign others."""
    how = chance.randrange(3)
    if how == 0:
        history.checkpoints = []
    elif how == 1:
        heads = {link["head"] for link in history.links}
        history.checkpoints = [c for c in history.checkpoints if c["document"]["head"] in heads]
    if history.links and chance.random() < 0.7:
        history.write()  # the portal goes on, and signs what it finds
        history.sign()


SMART: list[Attack] = [rewrite, rewrite, rewrite, restore_an_older_dump]
