"""The restore drill: a backup from before ten erasures comes back, and the ten people do not.

Real processes in real installations: backup, erasures by a worker, and a restore into an empty
installation that has nothing of the first one but the backup, its keys and the erasure journal.
The first keeps its files in a folder, the second in a bucket that keeps every version.
"""

import base64
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from psycopg import sql

from portal.embedded.cluster import programs
from tests.factories import CAPTURE, make_grounds
from tests.portal.aws_stand_in import aws, names_in, new_bucket
from tests.portal.embedded_clients import wait_until
from tests.portal.point_in_time import Archive
from tests.searches.installation import Installation, installation
from tests.searches.office import Office
from tests.searches.test_erasure_bytes import files_with, recycled, vector_pieces

pytestmark = pytest.mark.processes

ERASED, KEPT = 10, 2
GROUNDS = make_grounds()
# A case that was opened between the backup and the first erasure.
LATER = "2026-002"
PASSPHRASE = "a passphrase that nobody guesses"
# To these each erasure, and each restore, adds.
GROWN = {
    *("audit_auditentry", "searches_erasedfile"),
    *("galleries_erasure", "accounts_webhookevent", "accounts_notification"),
    *("accounts_usageentry", "accounts_webhookdelivery"),
    *("searches_erasurereceipt", "django_migrations"),
}
# Numbers that follow from the rows, and the chain, which verifies by itself.
COUNTERS = {
    *("accounts_quotacounter", "searches_gallery", "galleries_tablerewrite"),
    *("audit_auditchain", "audit_auditlink", "audit_auditpending", "audit_checkpoint"),
    *("oversight_recordword", "oversight_delivery", "audit_auditcontent", "audit_auditkey"),
    *("searches_gallerymark", "searches_galleryleaf", "searches_heartbeat"),
}
NOT_BACKED_UP = {"django_session", "portal_cache"}


@dataclass(frozen=True)
class Gone:
    """What was erased after the backup."""

    people: list[tuple[str, str, str | None]]
    """Subject, picture and enrolment of each."""
    needles: list[bytes]
    probe: str
    search: str

    @property
    def ids(self) -> list[str]:
        return [self.probe, self.search, *(pk for row in self.people for pk in row if pk)]


@dataclass(frozen=True)
class Drill:
    """What the first installation was when it was backed up, and the one that was restored."""

    before: dict[str, set[str]]
    gone: Gone
    office: Office
    place: Installation
    bucket: str
    source: Path
    archive: Archive
    journal: Path


@pytest.fixture(scope="module")
def drill(models: Path) -> Iterator[Drill]:
    with installation(models) as first, aws() as address:
        user = first.world.client().wait_ready()
        archive = Archive(first, first.var.parent / "log")
        office = Office(first).with_probe()
        user.end()
        office.assert_searched(office.submit())
        kept, office.probe = office.probe, office.upload()
        office.place.wait_closed("probe", office.probe)
        search, probe = office.submit(), office.probe
        office.assert_searched(search)
        assert kept != probe
        away = office.place.var.parent / "away"
        away.mkdir()
        source, sealing = away / "backups" / "monday", sealing_in(away)
        before = rows_of(office.place)
        office.place.manage("backup", str(source), *sealing)
        archive.back_up()
        office.hand.do("case", slug=office.slug, number=LATER)
        archive.mark()
        people = office.place.rows(
            "SELECT s.id::text, i.id::text, e.id::text FROM searches_subject s"
            " JOIN searches_faceimage i ON i.subject_id = s.id"
            " LEFT JOIN searches_enrolment e ON e.image_id = i.id ORDER BY s.created_at"
        )[:ERASED]
        needles = [
            piece for _, image, _ in people for piece in vector_pieces(office.place, image)[:3]
        ]
        erase(office, probe, [subject for subject, _, _ in people])
        archive.close()
        journal = away / "journal"
        shutil.copytree(office.place.var / "erasure-journal", journal)
        office.place.end_workers()
        place = Installation(office.place.var.parent / "second" / "var", models)
        bucket, url = new_bucket(address)
        named = {key: value for key, value in os.environ.items() if key.startswith("AWS_")}
        place.environment |= {**named, "CANDOR_STORAGE_URL": url}
        try:
            refused = fails(place, "restore", str(source))
            assert "wrong_keys" in refused, "a fresh installation has other keys"
            place.manage("restore", str(source), *sealing, "--journal", str(journal))
            user = place.world.client().wait_ready()  # the server goes on while somebody uses it
            gone = Gone(list(people), needles, probe, search)
            yield Drill(before, gone, office, place, bucket, source, archive, journal)
            user.end()
        finally:
            place.close()


def sealing_in(away: Path) -> list[str]:
    """The options of both commands for the file of the keys."""
    (away / "passphrase").write_text(PASSPHRASE)
    return ["--keys", str(away / "keys"), "--passphrase-file", str(away / "passphrase")]


def erase(office: Office, probe: str, subjects: list[str]) -> None:
    """By the worker, who runs all the while."""
    for subject in subjects:
        office.hand.do("erase", slug=office.slug, subject=subject)
    office.hand.do("erase", slug=office.slug, subject=probe, target="probe")
    open_ones = "SELECT count(*) FROM galleries_erasure WHERE state IN ('queued', 'running')"
    wait_until(lambda: office.place.value(open_ones) == 0, 120)
    assert office.place.rows("SELECT DISTINCT state FROM galleries_erasure") == [("done",)]


def fails(place: Installation, *command: str) -> str:
    """The output of a command that ends with an error."""
    started, log = place.start(*command)
    assert started.wait(120) != 0
    return log.read_text()


def rows_of(place: Installation) -> dict[str, set[str]]:
    """Every row of every table that is backed up, as text."""
    with place.connect() as connection:
        names = connection.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
            " AND relkind IN ('r', 'p') AND NOT relispartition"
        ).fetchall()
        every = sql.SQL("SELECT to_jsonb(t)::text FROM {} t")
        return {
            name: {row for (row,) in connection.execute(every.format(sql.Identifier(name)))}
            for (name,) in names
            if name not in NOT_BACKED_UP
        }


def test_the_erased_are_still_gone(drill: Drill) -> None:
    assert_gone(drill.place, drill.gone)
    stored = names_in(drill.bucket)
    assert stored == names_below(drill.office.place.var / "files")
    gone = names_below(drill.source / "files") - stored
    assert len(gone) >= 2 * ERASED + 2, "pictures and portraits of the subjects, and the probe's"
    recycled(drill.place)
    assert files_with(drill.place, drill.gone.needles) == []


def assert_gone(place: Installation, gone: Gone) -> None:
    live = "SELECT count(*) FROM searches_subject WHERE erased_at IS NULL"
    assert place.value(live) == KEPT
    assert place.value("SELECT count(*) FROM searches_template") == KEPT
    erased = "SELECT id::text, reference_mark, reference_sealed FROM searches_subject"
    emptied = sorted(place.rows(f"{erased} WHERE erased_at IS NOT NULL"))
    assert emptied == sorted((pk, b"", b"") for pk, *_ in gone.people)
    assert place.value("SELECT stage FROM searches_search WHERE id = %s", gone.search) == "erased"
    assert place.value("SELECT file_key FROM searches_probe WHERE id = %s", gone.probe) == ""


def names_below(folder: Path) -> set[str]:
    return {path.name for path in folder.rglob("*") if path.is_file()}


def test_everything_else_is_as_it_was(drill: Drill) -> None:
    after = rows_of(drill.place)
    assert after.keys() == drill.before.keys()
    for name in sorted(drill.before):
        lost, new = drill.before[name] - after[name], after[name] - drill.before[name]
        if name in GROWN:
            assert not lost, name
        elif name not in COUNTERS:
            about_others = [r for r in lost | new if not any(pk in r for pk in drill.gone.ids)]
            assert about_others == [], name


def test_a_backup_without_keys_shows_no_reason_and_no_picture(drill: Drill) -> None:
    """What the vendor has who takes data and no keys. Templates are in clear
    (docs/threat-model.md): they are not looked for here."""
    texts = [
        *(f"P-{number:04d}" for number in range(ERASED + KEPT)),
        *("2026-001", "Robbery at the harbour"),
        GROUNDS.reason,
        GROUNDS.facts,
        CAPTURE.place,
        CAPTURE.device,
        "The person asked for it",
    ]
    needles = [form for text in texts for form in forms_of(text.encode())]
    pictures = [drill.office.picture, *sorted(drill.office.people.rglob("*.jpg"))]
    for path in pictures:
        data = path.read_bytes()
        pieces = [data[at : at + 24] for at in range(600, len(data) - 24, len(data) // 6)]
        needles += [form for piece in pieces for form in forms_of(piece)]
    rows = np.asarray(Image.open(drill.office.picture).convert("RGB"))[100::60, 100:116]
    needles += [form for row in rows for form in forms_of(row.tobytes())]
    plain = dumped(drill.source)
    assert b"Custody" in plain, "the dump was read"
    files = [path.read_bytes() for path in drill.source.rglob("*") if path.is_file()]
    assert len(files) > 2 * (ERASED + KEPT)
    haystack = b"\n".join([plain, *files])
    assert [needle for needle in needles if needle in haystack] == []


def forms_of(raw: bytes) -> list[bytes]:
    """Bytes as they are, as a dump writes a binary column, and as JSON or a header carries them."""
    return [raw, raw.hex().encode(), base64.b64encode(raw)[: len(raw) // 3 * 4]]


def dumped(source: Path) -> bytes:
    """The dump as SQL, uncompressed."""
    command = [str(programs() / "pg_restore"), "--file=-", str(source / "database.dump")]
    return subprocess.run(command, capture_output=True, check=True).stdout


def test_the_record_verifies_and_says_what_was_done(drill: Drill) -> None:
    drill.place.manage("verify_record")
    [(facts,)] = drill.place.rows(
        "SELECT data FROM audit_auditentry WHERE action = 'backup.restored'"
    )
    assert facts["erased_again"] == {"subjects": ERASED, "probe": 1}
    assert facts["journal"] is True


def test_the_gate_is_open_and_a_second_restore_is_refused(drill: Drill) -> None:
    refused = fails(drill.place, "restore", str(drill.source))
    assert "database_not_empty" in refused
    assert "nothing_to_finish" in fails(drill.place, "restore", "--finish", str(drill.source))


def test_a_server_is_brought_back_to_a_moment_and_the_erased_are_gone(
    drill: Drill, models: Path
) -> None:
    """As docs/backups.md has it under "Point in time"."""
    place = Installation(drill.place.var.parents[1] / "third" / "var", models)
    drill.archive.bring_back(place)
    try:
        user = place.world.client().wait_ready()
        assert place.value("SELECT count(*) FROM searches_subject WHERE erased_at IS NOT NULL") == 0
        assert "nothing_to_finish" in fails(place, "restore", "--finish", str(drill.source))
        with place.connect() as superuser:
            superuser.execute("ALTER DATABASE candor SET candor.restoring = 'on'")
        place.manage("restore", "--finish", str(drill.source), "--journal", str(drill.journal))
        assert_gone(place, drill.gone)
        assert place.value("SELECT count(*) FROM searches_case") == 2, "the one made later, too"
        place.manage("verify_record")
        user.end()
    finally:
        place.close()
