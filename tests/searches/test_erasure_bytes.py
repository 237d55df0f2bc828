"""After an erasure nothing of the vector or the picture is in any file of the installation.

A real worker erases in a real installation; then every file below its folder is read: the data
folder of the database, the file store, the broker's tables, caches and logs. The write-ahead log
is recycled before, as the server does by itself in time; the receipt says so.
"""

import mmap
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import psycopg
import pytest

from tests.portal.embedded_clients import wait_until
from tests.searches.installation import Installation, installation
from tests.searches.office import WANTED, Office

pytestmark = pytest.mark.processes

PIECE = 32


@pytest.fixture(scope="module")
def office(models: Path) -> Iterator[Office]:
    """Its worker holds every gallery in memory, however small."""
    with TemporaryDirectory(dir="/dev/shm", prefix="candor-test-") as memory:
        with installation(models) as place:
            place.environment |= {"CANDOR_SCAN_FROM": "1", "CANDOR_SCAN_FOLDER": f"{memory}/held"}
            yield Office(place).with_probe()
        assert list(Path(memory).iterdir()) == [], "a worker that stops leaves nothing there"


def test_nothing_is_left_of_an_erased_subject(office: Office) -> None:
    place = office.place
    reference = f"P-{WANTED:04d}"
    [wanted] = [pk for pk, known in office.references().items() if known == reference]
    subject, image, sha256 = place.rows(
        "SELECT s.id::text, i.id::text, i.sha256 FROM searches_subject s JOIN searches_faceimage i"
        " ON i.subject_id = s.id WHERE s.id = %s",
        wanted,
    )[0]
    marks = [
        bytes(mark)
        for mark in place.rows(
            "SELECT reference_mark, reference_sealed FROM searches_subject WHERE id = %s", wanted
        )[0]
    ]
    office.assert_searched(office.submit())
    wait_until(lambda: bool(held(place)), 60)
    search = office.submit()
    office.assert_searched(search)
    assert scans(place, search) == [office.gallery]
    needles = [*vector_pieces(place, image), *picture_pieces(office, reference)]
    flushed(place)
    assert [path.name for path in files_with(place, needles, memory_of(place))] == ["vectors"]
    before = files_with(place, needles)
    assert before, "the vector is in the table's file before it is erased"
    assert all("postgres" in path.parts for path in before), "and nowhere but in the database"
    assert files_with(place, marks), "and so are the seal and the mark of the reference"
    assert files_with(place, [reference.encode()]) == [], "which lies nowhere in clear"

    erasure = office.hand.do("erase", slug=office.slug, subject=subject)
    wait_until(lambda: state_of(place, erasure) in ("done", "failed"), 120)
    assert state_of(place, erasure) == "done", logs(place)
    recycled(place)
    assert files_with(place, [*needles, *marks]) == []
    assert held(place)
    assert files_with(place, needles, memory_of(place)) == []
    assert files_below(place.var / "files", sha256.encode()) == []

    again = office.submit()
    place.wait_closed("search", again)
    assert scans(place, again) == [office.gallery]
    found = place.rows(
        "SELECT subject_id::text FROM searches_candidate WHERE search_id = %s", again
    )
    assert len(found) == 11
    assert (subject,) not in found
    kept = place.rows(
        "SELECT rank FROM searches_candidate WHERE search_id = %s AND subject_id = %s",
        search,
        subject,
    )
    assert kept == [(1,)], "an earlier list keeps the place"


def test_the_receipt_says_what_was_looked_at(office: Office) -> None:
    document = office.place.value("SELECT document FROM galleries_erasure")
    assert document["scan_of_tables"]["files_with_a_vector"] == 0
    assert document["scan_of_tables"]["bytes"] > 0
    assert document["scan_of_write_ahead_log"]["files"] > 0
    assert (document["memory_of_hosts"]["holders"], document["memory_of_hosts"]["lost"]) == (1, 0)
    assert document["memory_of_hosts"]["scan"]["files"] > 5
    assert document["memory_of_hosts"]["scan"]["files_with_a_vector"] == 0
    assert document["statements"]["write_ahead_log"].endswith("until_it_is_recycled")


def memory_of(place: Installation) -> Path:
    return Path(place.environment["CANDOR_SCAN_FOLDER"])


def held(place: Installation) -> list[Path]:
    return list(memory_of(place).glob("[0-9]*.json"))


def scans(place: Installation, search: str) -> list[str]:
    """The galleries that a search scanned in memory."""
    comparison = place.value("SELECT comparison FROM searches_search WHERE id = %s", search)
    return [one["gallery"] for one in comparison["scanned"]]


def state_of(place: Installation, erasure: str) -> str:
    return str(place.value("SELECT state FROM galleries_erasure WHERE id = %s", erasure))


def logs(place: Installation) -> str:
    return "\n".join(path.read_text()[-4000:] for path in (place.var / "log").iterdir())


def vector_pieces(place: Installation, image: str) -> list[bytes]:
    """Parts of the vector as the table has them and as it travels."""
    sent = place.value(
        "SELECT substr(halfvec_send(vector), 5) FROM searches_template WHERE image_id = %s", image
    )
    big = np.frombuffer(bytes(sent), ">f2")
    forms = [big.astype("<f2").tobytes(), big.tobytes(), big.astype("<f4").tobytes()]
    return [form[at : at + PIECE] for form in forms for at in range(0, len(form) - PIECE, 64)]


def picture_pieces(office: Office, reference: str) -> list[bytes]:
    """Parts of the file as it was handed in; what lies outside of the installation is not meant."""
    [path] = sorted((office.people / reference).iterdir())
    data = path.read_bytes()
    return [data[at : at + PIECE] for at in range(512, len(data) - PIECE, len(data) // 8)]


def flushed(place: Installation) -> None:
    with place.connect() as connection:
        connection.autocommit = True
        connection.execute("CHECKPOINT")


def recycled(place: Installation) -> None:
    """The server removes or overwrites a segment of its log when a checkpoint has passed it."""
    with place.connect() as connection:
        connection.autocommit = True
        for _ in range(3):
            connection.execute("SELECT pg_switch_wal()")
            connection.execute("CHECKPOINT")
        overwrite(connection)


def overwrite(connection: "psycopg.Connection[tuple[object, ...]]") -> None:
    """Write more log than there are old segments, so that each is used again."""
    segments = connection.execute("SELECT count(*) FROM pg_ls_waldir()").fetchone()
    assert segments is not None
    connection.execute("CREATE TABLE filler (t text)")
    for _ in range(int(str(segments[0])) + 3):
        connection.execute(
            "INSERT INTO filler SELECT repeat(md5(n::text), 40) FROM generate_series(1, 14000) n"
        )
        connection.execute("SELECT pg_switch_wal()")
    connection.execute("DROP TABLE filler")
    connection.execute("CHECKPOINT")
    connection.execute("SELECT pg_switch_wal()")
    connection.execute("CHECKPOINT")


def files_with(place: Installation, needles: list[bytes], folder: Path | None = None) -> list[Path]:
    folder = folder or place.var
    return sorted({path for needle in needles for path in files_below(folder, needle)})


def files_below(folder: Path, needle: bytes) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and holds(path, needle)]


def holds(path: Path, needle: bytes) -> bool:
    if path.stat().st_size == 0:
        return False
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        return mapped.find(needle) >= 0
