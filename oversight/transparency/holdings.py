"""What stands at the end of a period: people with access, their training, the galleries."""

from collections.abc import Iterator
from datetime import date

from oversight.transparency import rules
from oversight.transparency.periods import Period
from oversight.transparency.reading import Entry, Reading
from oversight.transparency.tabling import Table, listed, table


def holdings(reading: Reading, period: Period) -> Iterator[Table]:
    """Worked out from all entries up to the end of the period."""
    roles = [role for held in _roles(reading).values() for role in held]
    yield listed("people", rules.ROLES, roles)
    yield listed("training", rules.ACTIVITIES, _trained(reading, period))
    kinds = {e["subject"]["id"]: e["data"]["source_kind"] for e in _all(reading, "gallery.created")}
    images = {e["subject"]["id"]: e for e in _all(reading, "image.enrolled")}
    for entry in reading.until:
        if entry["action"] == rules.GONE:
            images.pop(entry["subject"]["id"], None)
    held = [(kind, "galleries") for kind in kinds.values()]
    held += [(kinds.get(e["data"]["gallery"], "other"), "images") for e in images.values()]
    columns = ["galleries", "images"]
    # A stock next to what came in would give a small number of new ones away: it is banded.
    yield table("galleries", rules.SOURCE_KINDS, columns, held, totals=False, banded=["images"])
    yield listed(
        "retention",
        ["enrolled", "rejected", "expired", "deleted"],
        _pictures(reading),
    )


def _all(reading: Reading, action: str) -> Iterator[Entry]:
    return (entry for entry in reading.until if entry["action"] == action)


def _roles(reading: Reading) -> dict[str, list[str]]:
    """Roles of each membership that is active at the end."""
    held: dict[str, list[str]] = {}
    for entry in reading.until:
        member, data = entry["subject"]["id"], entry["data"]
        match entry["action"]:
            case "member.added" | "member.reactivated":
                held[member] = data["roles"]
            case "invitation.accepted":
                held[str(data["membership"])] = data["roles"]
            case "member.roles_changed" if member in held:
                held[member] = data["after"]
            case "member.deactivated":
                held.pop(member, None)
    return held


def _trained(reading: Reading, period: Period) -> list[str]:
    """An activity for each person who has a certificate for it that is valid on the last day."""
    withdrawn = {e["subject"]["id"] for e in _all(reading, "certificate.withdrawn")}
    valid = {
        (entry["data"]["person"], entry["data"]["activity"])
        for entry in _all(reading, "certificate.added")
        if entry["subject"]["id"] not in withdrawn
        and date.fromisoformat(entry["data"]["valid_until"]) >= period.last
    }
    return [activity for _, activity in valid]


def _pictures(reading: Reading) -> Iterator[str]:
    """What came in, and what was erased: because its time was over, or for another cause."""
    for entry in reading.within:
        match entry["action"]:
            case "image.enrolled":
                yield "enrolled"
            case "image.rejected":
                yield "rejected"
            case rules.GONE:
                yield "expired" if entry["data"]["cause"] == rules.EXPIRED else "deleted"
