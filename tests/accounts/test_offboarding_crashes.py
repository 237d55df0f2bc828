"""A worker is killed with a real signal in the middle of an agency's end, and another goes on."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from accounts.offboarding.tables import KEPT
from tests.portal.embedded_clients import wait_until
from tests.searches.installation import Installation, installation
from tests.searches.office import Office

pytestmark = pytest.mark.processes

CLOSE = """
from accounts.access import agency_by_slug
from accounts.actor import command_actor
from accounts.services.agency_lifecycle import close_agency
alder = agency_by_slug("alder")
close_agency(actor=command_actor("test", None), agency=alder, reason="The contract is over")
"""
SECONDS = 60.0


@pytest.fixture
def place(models: Path) -> Iterator[Installation]:
    with installation(models) as made:
        yield made


def state(place: Installation) -> str:
    return str(place.value("SELECT state FROM accounts_offboarding"))


def wait_state(place: Installation, wanted: str) -> None:
    wait_until(lambda: state(place) == wanted, SECONDS)


def tables(place: Installation) -> list[str]:
    """Every table and partition with a column agency_id."""
    found = place.rows(
        "SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid"
        " WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')"
        " AND a.attname = 'agency_id' AND NOT a.attisdropped"
    )
    return [name for (name,) in found]


LINKING = {"audit_auditchain", "audit_auditlink", "audit_auditpending"}


def rows(place: Installation, agency: int) -> dict[str, list[Any]]:
    """All rows of an agency as the superuser sees them, whom no policy keeps from any."""
    query = "SELECT to_jsonb(t) FROM {} t WHERE agency_id = %s ORDER BY 1"
    # The worker links the record of every agency meanwhile.
    found = {name: place.rows(query.format(name), agency) for name in set(tables(place)) - LINKING}
    return {name: some for name, some in found.items() if some}


def let_time_pass(place: Installation) -> None:
    """The deadline is reached; triggers, which let nobody hasten it, do not fire here."""
    with place.connect() as superuser:
        superuser.execute("SET session_replication_role = replica")
        superuser.execute("UPDATE accounts_offboarding SET deadline = now() - interval '1 minute'")


def test_killed_while_exporting_and_while_destroying(place: Installation) -> None:
    office, other = Office(place), Office(place, "birch")
    assert other.slug == "birch"
    alder, birch = (
        place.value("SELECT id FROM accounts_agency WHERE slug = %s", slug)
        for slug in ("alder", "birch")
    )
    untouched = rows(place, birch)
    before = {name: len(some) for name, some in rows(place, alder).items()}
    assert office.case
    worker = place.worker()

    with place.blocked("searches_faceimage"):
        place.manage("shell", "-c", CLOSE)
        place.wait_at("searches_faceimage")
        worker.kill_group()
        assert state(place) == "exporting"
    worker = place.worker()
    wait_state(place, "exported")
    folder = place.var / "files" / str(alder)
    assert (folder / "export" / "index").exists()

    with place.blocked("searches_case"):
        let_time_pass(place)
        place.wait_at("searches_case")
        worker.kill_group()
    assert state(place) == "destroying"
    assert place.value("SELECT length(data_key) FROM accounts_agency WHERE id = %s", alder) == 0
    assert not folder.exists()
    assert "searches_case" in rows(place, alder)
    place.worker()
    wait_state(place, "destroyed")

    assert {"audit_auditentry"} <= rows(place, alder).keys() <= KEPT.keys()
    assert rows(place, birch) == untouched
    ((document,),) = place.rows("SELECT document FROM accounts_destructionreceipt")
    gone = {name: n for name, n in before.items() if name not in KEPT and "shared" not in name}
    # What the operator wrote about the closing came after the count, with a key of its own.
    of_closing = {name: gone[name] + 1 for name in ("audit_auditcontent", "audit_auditkey")}
    assert document["removed"]["rows"] == gone | of_closing
    assert document["cause"] == "deadline passed"
    ((email, active),) = place.rows(
        "SELECT email, is_active FROM accounts_user WHERE email NOT LIKE 'ana@birch%%'"
    )
    assert email.startswith("erased-")
    assert not active
