"""What is never in the record in clear: pictures, embeddings, what people wrote, secrets."""

import base64
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from accounts.actor import command_actor
from accounts.models import Agency
from portal.audit.checkpoints import take_checkpoint
from portal.audit.contents import read_content
from portal.audit.models import AuditEntry, AuditLink
from portal.keys import KeyProblem
from portal.tenancy import platform_scope, scope
from searches.images import decode
from searches.recognition import embed_face, image_limits
from searches.services.authorizing import authorize_search, refuse_search
from searches.services.case_limits import change_cap, hold_case, lift_hold
from searches.services.case_notes import add_note
from searches.services.cases import close_case, reopen_case
from searches.services.concluding import report_follow_up
from searches.services.searching import run_search
from tests.conftest import PASSWORD
from tests.factories import PDF, make_case, make_probe, make_search, make_token, person_jpeg
from tests.searches.procedure import Office, conclude, filled_gallery, make_office

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("bells")]

ACTS = ["reason", "facts", "reference", "decision", "refusal", "note", "hold", "lift", "cap"]
ACTS += ["closing", "reopening", "follow"]
WORDS = {name: f"Quetzalcoatl said so of the {name}" for name in ACTS}
PICTURE = person_jpeg(1)
TABLES = """
SELECT relname FROM pg_class WHERE relname LIKE 'audit\\_%' AND relkind = 'r' ORDER BY relname
"""


@pytest.fixture
def office(alder: Agency, models: Path) -> Office:
    """A whole search, one that was refused, and whatever else people give words to."""
    office = make_office(alder)
    supervisor, analyst = office.actor("supervisor"), office.actor("analyst")
    with scope(alder.pk):
        gallery, case = filled_gallery(alder, 5), make_case(alder)
        said = {name: WORDS[name] for name in ("reason", "facts", "reference")}
        grounds: dict[str, Any] = {"basis": "authorized", "document": PDF, **said}
        for decide in ("decision", "refusal"):
            probe = make_probe(case, PICTURE)
            search = make_search(
                probe,
                [gallery],
                run=False,
                actor=analyst,
                **grounds,
            )
            if decide == "refusal":
                refuse_search(actor=supervisor, search=search, reason=WORDS["refusal"])
                continue
            authorize_search(actor=supervisor, search=search, reason=WORDS["decision"])
            run_search(search.pk)
            search.refresh_from_db()
            conclude(office, search, {1})
            follow = {"outcome": "confirmed", "note": WORDS["follow"]}
            report_follow_up(actor=analyst, search=search, **follow)
        add_note(actor=analyst, case=case, text=WORDS["note"])
        change_cap(actor=supervisor, case=case, cap=7, reason=WORDS["cap"])
        hold_case(actor=supervisor, case=case, reason=WORDS["hold"])
        lift_hold(actor=supervisor, case=case, reason=WORDS["lift"])
        close_case(actor=command_actor("test", alder.pk), case=case, reason=WORDS["closing"])
        reopen_case(actor=supervisor, case=case, reason=WORDS["reopening"])
    take_checkpoint(alder.pk)
    return office


def everything(agency: Agency) -> str:
    """Every row of every table of the record as text; bytes are in hexadecimal."""
    found: list[str] = []
    with connection.cursor() as cursor:
        cursor.execute(TABLES)
        names = [row[0] for row in cursor.fetchall()]
        assert {"audit_auditentry", "audit_auditcontent", "audit_auditkey"} <= set(names)
        for context in (scope(agency.pk), platform_scope()):
            with context:
                for name in names:
                    cursor.execute(f'SELECT to_jsonb(t)::text FROM "{name}" t')
                    found += [row[0] for row in cursor.fetchall()]
    assert len(found) > 50
    return "\n".join(found)


def forms_of(data: bytes) -> list[str]:
    """How a piece of these bytes would look in a row."""
    return [data.hex(), base64.b64encode(data).decode()[:40]]


def test_no_word_that_people_wrote_is_in_clear(office: Office) -> None:
    text = everything(office.agency)
    assert "Quetzalcoatl" not in text
    assert b"Quetzalcoatl".hex() not in text
    assert base64.b64encode(b"Quetzalcoatl")[:12].decode() not in text


def test_neither_picture_nor_embedding_is_in_the_record(office: Office) -> None:
    text = everything(office.agency)
    for start in (0, len(PICTURE) // 2):
        for form in forms_of(PICTURE[start : start + 40]):
            assert form not in text
    rgb = decode(PICTURE, image_limits()).rgb
    with scope(office.agency.pk):
        face = make_probe(make_case(office.agency, "2026-002"), PICTURE).found_faces()[0]
    vector = embed_face(rgb, face)
    for kind in ("float32", "float16", "float64"):
        for form in forms_of(vector.astype(kind).tobytes()[:40]):
            assert form not in text
    assert all(f"{value:.6f}"[:7] not in text for value in vector[:8].tolist())


def test_no_secret_is_in_the_record(office: Office) -> None:
    token, shown = make_token(office.agency, office.people["analyst"])
    text = everything(office.agency)
    assert PASSWORD not in text
    assert shown not in text
    assert token.digest not in text


def test_what_was_written_can_be_read_until_it_is_erased(office: Office) -> None:
    """The refused search's reasons are gone with it, keys and all; its entries and links stay."""
    with scope(office.agency.pk):
        entries = list(AuditEntry.objects.exclude(content_digest=""))
        read = [read_content(entry) for entry in entries]
        gone = [entry for entry, found in zip(entries, read, strict=True) if found is None]
        words = {text for found in read if found for text in found.values()}
        # What stands in a row of its own alone (note, follow-up) is not in the record at all.
        assert words == set(WORDS.values()) - {
            WORDS[name] for name in ("refusal", "note", "follow")
        }
        assert {entry.action for entry in gone} == {"search.submitted", "search.authorized"}
        assert {entry.subject_id for entry in gone} == {gone[0].subject_id}
        assert AuditLink.objects.filter(entry_id__in=[entry.pk for entry in gone]).count() == 2


def test_content_is_bound_to_its_entry(office: Office) -> None:
    with scope(office.agency.pk):
        one, other = (
            AuditEntry.objects.filter(action="case.held"),
            AuditEntry.objects.filter(action="case.closed"),
        )
        with connection.cursor() as cursor:
            cursor.execute("SELECT has_table_privilege('audit_auditcontent', 'UPDATE')")
            assert cursor.fetchone() == (False,)
        entry = one.get()
        entry.content_digest = other.get().content_digest
        with pytest.raises(KeyProblem, match="not what was recorded"):
            read_content(entry)
