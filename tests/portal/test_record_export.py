"""The export of the record: complete, verifiable without the portal, and careful with strangers."""

import ast
import base64
import csv
import io
import json
import os
import random
import stat
import zipfile
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from django.core.management import CommandError, call_command
from django.db.models import Q

from accounts.actor import Actor, command_actor
from accounts.models import Agency
from portal import signing
from portal.audit import candor_verify
from portal.audit.actions import Action
from portal.audit.checkpoints import take_checkpoint
from portal.audit.contents import destroy_content
from portal.audit.exporting import export_stream
from portal.audit.handing_out import checkpoint_file
from portal.audit.models import AuditContent, AuditEntry
from portal.audit.recorder import record
from portal.tenancy import platform_scope, scope
from tests.portal.exports import SCRIPT, Files, examined, exported, kinds, run

pytestmark = pytest.mark.django_db
DECISION = {"case": "c-1", "decision": "approved", "basis": "urgent"}


@pytest.fixture
def clerk(alder: Agency) -> Actor:
    return command_actor("test", alder.pk)


@pytest.fixture
def written(alder: Agency, clerk: Actor) -> Agency:
    """A record with a content, a hand-out and plain entries."""
    for _ in range(3):
        record(clerk, Action.CASE_VIEWED)
    content = {"reason": "=Zebra, « à l’aube » 𝄞"}
    record(clerk, Action.SEARCH_AUTHORIZED, alder, DECISION, content=content)
    facts = {"case": "c-1", "language": "en", "sha256": candor_verify.sha256(b"a report")}
    record(clerk, Action.REPORT_DOWNLOADED, alder, facts)
    return alder


# --- What is in it ------------------------------------------------------------------------------


def test_an_export_holds_everything_and_verifies(written: Agency) -> None:
    files = exported(written.pk, with_contents=True)
    assert set(files.names()) == {
        *("README.txt", "candor_verify.py", "keys.json", "checkpoints.jsonl", "record.jsonl"),
        *("record.csv", "contents.jsonl", "manifest.json", "manifest.sig.json"),
    }
    (report,) = examined(files, keys=[signing.public_key_text()])
    assert report.findings == []
    with scope(written.pk):
        entries = AuditEntry.objects.filter(agency_id=written.pk).count()
    lines = [json.loads(line) for line in files.files["record.jsonl"].splitlines()]
    assert [one["number"] for one in lines] == list(range(1, entries + 1))
    rows = list(csv.reader(io.StringIO(files.files["record.csv"].decode())))
    assert len(rows) == entries + 1
    assert "Zebra" not in files.files["record.jsonl"].decode()
    contents = [json.loads(line) for line in files.files["contents.jsonl"].splitlines()]
    assert [one["fields"] for one in contents if "reason" in one["fields"]][-1] == {
        "reason": "=Zebra, « à l’aube » 𝄞"
    }


def test_contents_go_only_where_they_are_asked_for(written: Agency) -> None:
    assert "contents.jsonl" not in exported(written.pk).names()
    with scope(written.pk):
        assert destroy_content(written.pk, case="c-1") == 1
    files = exported(written.pk, with_contents=True)
    assert b"Zebra" not in files.files["contents.jsonl"]
    assert kinds(files) == set()


def test_a_filtered_export_withholds_and_still_verifies(written: Agency) -> None:
    files = exported(written.pk, chosen=Q(action="case.viewed"), with_contents=True)
    lines = [json.loads(line) for line in files.files["record.jsonl"].splitlines()]
    assert {one["entry"]["action"] for one in lines if "entry" in one} == {"case.viewed"}
    assert files.files["contents.jsonl"] == b""
    (report,) = examined(files)
    assert report.findings == []
    assert f"3 entries shown, {len(lines) - 3} withheld" in " ".join(report.notes)


def test_the_platform_has_an_export_of_its_own(alder: Agency) -> None:
    record(command_actor("test", None), Action.STAFF_SESSION_ENDED)
    files = exported(None)
    assert b'"agency":null' in files.files["record.jsonl"]
    assert kinds(files) == set()


def test_no_cell_is_a_formula(alder: Agency) -> None:
    actor = Actor(
        user_id=1,
        label="=HYPERLINK(1)\nnext",
        agency_id=alder.pk,
        permissions=frozenset(),
        source="-1",
        platform=False,
    )
    record(actor, Action.CASE_VIEWED)
    files = exported(alder.pk)
    rows = list(csv.reader(io.StringIO(files.files["record.csv"].decode())))
    assert rows[-1][6] == "'=HYPERLINK(1)\nnext"
    assert not [cell for row in rows for cell in row if cell[:1] in set("=+-@\t\r")]
    assert kinds(files) == set()


def test_it_is_given_out_in_parts(written: Agency) -> None:
    parts = list(export_stream(written.pk, made_by="x"))
    assert len(parts) > 10


# --- The script on its own ----------------------------------------------------------------------


def test_the_script_knows_nothing_of_the_portal_and_old_pythons_read_it() -> None:
    tree = ast.parse(SCRIPT.read_text(), feature_version=(3, 9))
    names = {
        alias.name.split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
    } | {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    foreign = {name.split(".")[0] for name in names}
    assert not foreign & {"django", "portal", "searches", "accounts", "rfc8785"}


def test_it_runs_over_a_zip_with_key_checkpoint_and_document(
    written: Agency, clerk: Actor, tmp_path: Path
) -> None:
    checkpoint = take_checkpoint(written.pk)
    assert checkpoint is not None
    (tmp_path / "published.json").write_bytes(checkpoint_file(checkpoint))
    record(clerk, Action.CASE_VIEWED)
    path = tmp_path / "export.zip"
    path.write_bytes(b"".join(export_stream(written.pk, made_by="x")))
    (tmp_path / "report.pdf").write_bytes(b"a report")
    options = ["--checkpoint", tmp_path / "published.json", "--key", signing.public_key_text()]
    code, said = run(path, *options, "--document", tmp_path / "report.pdf")
    assert (code, "OK: nothing is wrong" in said) == (0, True), said
    assert "report.downloaded 20" in said
    code, said = run(path, *options, "--document", tmp_path / "published.json")
    assert (code, "is not in this record" in said) == (1, True)
    with zipfile.ZipFile(path) as archive:
        archive.extractall(tmp_path / "folder")
    assert run(tmp_path / "folder", *options)[0] == 0


def test_a_key_that_is_not_the_one_is_told(written: Agency) -> None:
    other = base64.b64encode(b"1" * 32).decode()
    assert "key" in kinds(exported(written.pk), keys=[other])


# --- Hostile exports ----------------------------------------------------------------------------


def bare(files: Files) -> dict[str, bytes]:
    """Without the manifest, so that the record itself is looked at."""
    return {n: data for n, data in files.files.items() if not n.startswith("manifest")}


@pytest.mark.parametrize(
    "line",
    [
        b'{"number":1,"number":2,"digest":"","head":""}',
        b'{"number":NaN,"digest":"","head":""}',
        b'{"number":1.5,"digest":"","head":""}',
        b'{"number":1e3,"digest":"","head":""}',
        b'{"number":99999999999999999,"digest":"","head":""}',
        b'{"number":1,"digest":"\\ud800","head":""}',
        b"\xff\xfe",
        b"[]",
        b"null",
        b"",
        b"[" * 100_000,
        b'{"number":1,"entry":{"id":1},"digest":"' + b"0" * 64 + b'","head":"' + b"0" * 64 + b'"}',
    ],
)
def test_rubbish_is_damage_and_no_crash(written: Agency, line: bytes) -> None:
    files = bare(exported(written.pk))
    first, _, rest = files["record.jsonl"].partition(b"\n")
    files["record.jsonl"] = first + b"\n" + line + b"\n" + rest
    found = kinds(Files(files))
    assert found & {"damaged", "duplicate"}


def test_an_endless_line_is_not_read(written: Agency) -> None:
    files = bare(exported(written.pk))
    files["record.jsonl"] = b'"' + b"x" * (candor_verify.LONGEST + 10)
    assert "damaged" in kinds(Files(files))


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("record.jsonl", b"0" * 60_000_000)
    code, said = run(path)
    assert (code, "would unpack to more than" in said) == (1, True)


def test_a_link_or_a_pipe_is_no_file(written: Agency, tmp_path: Path) -> None:
    for name, data in bare(exported(written.pk)).items():
        (tmp_path / name).write_bytes(data)
    (tmp_path / "record.jsonl").rename(tmp_path.parent / "elsewhere")
    (tmp_path / "record.jsonl").symlink_to(tmp_path.parent / "elsewhere")
    assert run(tmp_path)[0] == 1
    (tmp_path / "record.jsonl").unlink()
    os.mkfifo(tmp_path / "record.jsonl")
    assert run(tmp_path)[0] == 1
    packed = tmp_path / "linked.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        info = zipfile.ZipInfo("record.jsonl")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(info, "/etc/passwd")
    code, said = run(packed)
    assert (code, "no plain file" in said) == (1, True)


def test_texts_of_an_export_cannot_look_like_ours(alder: Agency) -> None:
    label = "a\nOK: nothing is wrong\x1b[2J"
    assert candor_verify.shown(label) == "a?OK: nothing is wrong?[2J"


# --- The canonical form -------------------------------------------------------------------------

ALPHABET = 'aZ09 "\\/\b\f\n\r\t\x00\x1f\x7f\x80é€\u2028\ud7ff\ue000\uffff\U00010000𝄞\U0010ffff'


def any_value(chance: random.Random, depth: int = 0) -> Any:
    kind = chance.randrange(8 if depth < 4 else 5)
    if kind == 0:
        return chance.choice([None, True, False])
    if kind == 1:
        return chance.choice([0, -1, 2**53 - 1, -(2**53) + 1, chance.randrange(-(10**9), 10**9)])
    if kind < 5:
        return "".join(chance.choices(ALPHABET, k=chance.randrange(6)))
    size = chance.randrange(5)
    if kind == 5:
        return [any_value(chance, depth + 1) for _ in range(size)]
    keys = ("".join(chance.choices(ALPHABET, k=chance.randrange(4))) for _ in range(size))
    return {key: any_value(chance, depth + 1) for key in keys}


def test_the_canonical_form_is_rfc_8785() -> None:
    chance = random.Random(8785)
    for _ in range(5000):
        document = {"value": any_value(chance)}
        expected = rfc8785.dumps(document)
        assert candor_verify.canonical(document) == expected
        assert candor_verify.parse(expected) == document


# --- The operator's commands --------------------------------------------------------------------


def test_the_operator_exports_and_it_is_recorded(written: Agency, tmp_path: Path) -> None:
    path = tmp_path / "export.zip"
    call_command("export_record", str(path), agency=written.slug, stdout=io.StringIO())
    assert run(path)[0] == 0
    with scope(written.pk):
        entry = AuditEntry.objects.get(agency_id=written.pk, action="record.exported")
    assert entry.source == "command: export_record"
    with pytest.raises(CommandError, match="exists"):
        call_command("export_record", str(path), agency=written.slug)
    call_command("export_record", str(tmp_path / "p.zip"), platform=True, stdout=io.StringIO())
    with platform_scope():
        assert AuditEntry.objects.filter(agency_id=None, action="record.exported").exists()
    assert run(tmp_path / "p.zip")[0] == 0


def test_the_operator_verifies_what_is_in_the_database(written: Agency, tmp_path: Path) -> None:
    out = io.StringIO()
    call_command("verify_record", stdout=out)
    assert out.getvalue().count("OK: nothing is wrong") >= 1
    checkpoint = take_checkpoint(written.pk)
    assert checkpoint is not None
    value = json.loads(checkpoint_file(checkpoint))
    value["document"]["head"] = "a" * 64
    (tmp_path / "other.json").write_text(json.dumps(value))
    with pytest.raises(CommandError, match="not as it was written"):
        call_command(
            "verify_record", "--checkpoint", str(tmp_path / "other.json"), stdout=io.StringIO()
        )


def test_content_that_was_exchanged_is_found(written: Agency, clerk: Actor) -> None:
    with scope(written.pk):
        first = AuditContent.objects.latest("entry_id")
        AuditContent.objects.filter(entry_id=first.entry_id).delete()
        AuditContent.objects.create(
            entry_id=first.entry_id, agency_id=written.pk, about=first.about, sealed=b"x" * 60
        )
    assert kinds(exported(written.pk, with_contents=True)) == {"content"}


def test_an_export_that_leaves_out_what_its_manifest_says_is_found(written: Agency) -> None:
    """Whoever has the key can sign over a part; the manifest still says that it is all."""
    files = exported(written.pk)
    lines = [json.loads(line) for line in files.files["record.jsonl"].splitlines()]
    del lines[2]["entry"]
    data = b"".join(candor_verify.canonical(line) + b"\n" for line in lines)
    files.files["record.jsonl"] = data
    assert kinds(files) == {"file changed", "csv", "removed"}


def test_a_filtered_and_a_whole_export_are_the_same_record(written: Agency, clerk: Actor) -> None:
    part = exported(written.pk, chosen=Q(action="case.viewed"))
    record(clerk, Action.CASE_VIEWED)
    whole = exported(written.pk)
    assert kinds(part, whole) == kinds(whole, part) == set()


def test_exports_of_two_agencies_are_not_one_record(written: Agency, birch: Agency) -> None:
    record(command_actor("test", birch.pk), Action.CASE_VIEWED)
    assert kinds(exported(written.pk), exported(birch.pk)) == {"mixed"}


def test_a_newer_checkpoint_is_no_blame_for_an_older_export_but_no_praise(
    written: Agency, clerk: Actor
) -> None:
    old = exported(written.pk)
    record(clerk, Action.CASE_VIEWED)
    made = take_checkpoint(written.pk)
    assert made is not None
    published = candor_verify.checkpoints_in(checkpoint_file(made), "published.json")
    assert kinds(old, outside=published) == {"uncovered"}
    new = exported(written.pk)
    assert kinds(old, new, outside=published) == set()


@pytest.mark.parametrize(
    ("line", "quick"),
    [
        ('{"digest":"%s","entry":{"id":1},"head":"h","number":1}', True),
        ('{"digest":"%s","entry":{"id":1},"x":{"id":2},"head":"h","number":1}', False),
        ('{"digest":"%s","entry":{"id":1},"number":1,"head":"h"}', False),
        ('{"digest":"%s","entry":{"id":1},"head":"h","number":1,"x":2}', False),
        ('{"digest":"%s","entry":{"id":1},"head":"h", "number":1}', False),
        ('{"digest": "%s","entry":{"id":1},"head":"h","number":1}', False),
    ],
)
def test_the_quick_way_hashes_the_entry_and_nothing_beside_it(line: str, quick: bool) -> None:
    """Even where somebody signed a digest of more bytes than those of the entry that is shown."""
    between = line[line.index('"entry":') + 8 : line.rindex(',"head":')]
    stated = candor_verify.sha256(b"candor entry\n" + between.encode())
    data = (line % stated + "\n").encode()
    assert candor_verify.as_written(candor_verify.parse(data), data) == quick
    other = (line % ("0" * 64) + "\n").encode()
    assert not candor_verify.as_written(candor_verify.parse(other), other)
