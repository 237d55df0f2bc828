"""What lies sealed in rows is sealed anew, past the triggers that keep it; old versions can end."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.apps import apps
from django.core.management import CommandError
from django.db import DatabaseError, models, transaction
from pytest_django.plugin import DjangoDbBlocker

from accounts.access import files_of
from accounts.actor import command_actor
from accounts.models import Agency
from accounts.sealed_columns import sealed_columns
from accounts.services import text_resealing
from accounts.services.agencies import data_key_identity
from accounts.services.resealing import reseal_files
from portal import datakeys
from portal.audit.actions import Action
from portal.audit.contents import read_content
from portal.audit.models import AuditEntry
from portal.audit.recorder import record
from portal.datakeys import load, version_of
from portal.keys import KeyProblem
from portal.storage import FileStore
from portal.tenancy import platform_scope, scope
from searches.models import CaseNote, NoteKind, Probe
from searches.sealed import identity_of
from searches.services.case_notes import write_note
from tests.accounts.races import committed_agency
from tests.accounts.test_key_rotation import Killed, entries, rotate
from tests.factories import CAPTURE, make_case, make_license, make_probe, person_jpeg
from tests.searches.committed import fingerprint, superuser

# Bytes that no data key of an agency has sealed.
OTHERS = {
    ("accounts_agency", "data_key"),
    ("accounts_identityprovider", "client_secret"),  # by the platform's key
    ("audit_auditcontent", "sealed"),  # by a key in audit_auditkey
    ("audit_checkpointstamp", "token"),
    ("accounts_formercontent", "sealed"),  # by a key in audit_auditkey
    ("searches_scanquestion", "sealed"),  # goes with the answer, within a minute
    # Marks to look rows up by, from version 1 for ever (ADR 0024).
    *(("searches_subject", "reference_mark"), ("searches_enrolment", "reference_mark")),
    *(("galleries_importfile", "reference_mark"), ("searches_case", "number_mark")),
}
NOTES = ["She was seen at the harbour", "And again on Tuesday", "The ferry has a camera"]


def test_no_column_of_bytes_is_forgotten() -> None:
    known = {(one.table, one.column) for one in sealed_columns()} | OTHERS
    found = {
        (model._meta.db_table, field.column)
        for model in apps.get_models()
        for field in model._meta.local_fields
        if isinstance(field, models.BinaryField)
    }
    assert found - known == set()
    assert ("searches_casenote", "text_sealed") in known


@dataclass(frozen=True)
class Cabinet:
    """A committed agency with notes, a picture and an act whose reason is on the record."""

    agency: Agency
    entry: int

    def readable(self) -> bool:
        """Whether everybody reads everything, as before."""
        datakeys.forget_keys()
        with scope(self.agency.pk):
            notes = [note.text for note in CaseNote.objects.order_by("written_at")]
            place = Probe.objects.get().capture_place
            content = read_content(AuditEntry.objects.get(pk=self.entry))
        return (notes, place, content) == (NOTES, CAPTURE.place, {"reason": "Zebra"})

    def versions(self) -> dict[str, set[int]]:
        """By which versions of the key each column is sealed."""
        found: dict[str, set[int]] = {}
        with superuser() as connection:
            for one in sealed_columns():
                rows = connection.execute(
                    f"SELECT {one.column} FROM {one.table} WHERE agency_id = %s"
                    f" AND length({one.column}) > 0",
                    [self.agency.pk],
                ).fetchall()
                if rows:
                    found[f"{one.table}.{one.column}"] = {version_of(sealed) for (sealed,) in rows}
        return found

    def ring(self) -> datakeys.Ring:
        with platform_scope():
            return load(bytes(Agency.objects.get(pk=self.agency.pk).data_key))


@pytest.fixture
def cabinet(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Cabinet]:
    monkeypatch.setattr("portal.tasks._send", lambda task, *args: None)
    with django_db_blocker.unblock(), committed_agency() as agency:
        make_license(agency)
        actor = command_actor("test", agency.pk)
        with scope(agency.pk):
            case = make_case(agency, members=[])
            for text in NOTES:
                with transaction.atomic():
                    write_note(actor, case, NoteKind.NOTE, text)
            make_probe(case, person_jpeg(1), analysed=False)
            with transaction.atomic():
                entry = record(actor, Action.CASE_HELD, case, content={"reason": "Zebra"})
        yield Cabinet(agency, entry.pk)
    datakeys.forget_keys()


def test_rotation_that_is_killed_goes_on_and_then_the_old_versions_can_be_destroyed(
    cabinet: Cabinet, monkeypatch: pytest.MonkeyPatch
) -> None:
    slug, pk = cabinet.agency.slug, cabinet.agency.pk
    contents = fingerprint(pk)["audit_auditcontent"]
    monkeypatch.setattr(text_resealing, "ROWS_PER_BATCH", 2)
    for _ in range(2):  # the second and the third version
        rotate("agency", "--agency", slug)
    with pytest.raises(CommandError, match="files are being sealed anew"):
        rotate("end-versions", "--agency", slug)
    with scope(pk):
        reseal_files(pk)
    with pytest.raises(CommandError, match=r"3 in searches_casenote\.text_sealed"):
        rotate("end-versions", "--agency", slug)
    assert set(cabinet.ring().wrapped) == {1, 2, 3}, "nothing was destroyed"
    assert set().union(*cabinet.versions().values()) == {1}
    whole, left = FileStore.reseal_value, [4]

    def killed(store: FileStore, sealed: bytes, place: str) -> bytes:
        left[0] -= 1
        if left[0] < 0:
            raise Killed
        return whole(store, sealed, place)

    monkeypatch.setattr(FileStore, "reseal_value", killed)
    with pytest.raises(Killed):
        rotate("texts", "--agency", slug)
    monkeypatch.setattr(FileStore, "reseal_value", whole)
    assert set().union(*cabinet.versions().values()) == {1, 3}
    assert cabinet.readable()
    assert "0 could not be opened" in rotate("texts", "--agency", slug)
    assert set().union(*cabinet.versions().values()) == {3}
    assert len(cabinet.versions()) >= 3, "notes, the picture's facts, keys of the record"
    assert cabinet.readable()
    assert "destroyed: 2" in rotate("end-versions", "--agency", slug)
    assert set(cabinet.ring().wrapped) == {1, 3}, "by the first one fingerprints are made"
    assert cabinet.readable()
    assert "destroyed: none. The first stays" in rotate("end-versions", "--agency", slug)
    rotate("agency", "--agency", slug)
    assert cabinet.readable()
    [told] = entries(cabinet.agency, "key.texts_resealed")
    assert (told["version"], told["left"]) == (3, 0)
    assert entries(cabinet.agency, "key.versions_ended") == [{"versions": [2]}]
    assert fingerprint(pk)["audit_auditcontent"] == contents, "only their keys were sealed anew"


def test_a_stolen_first_key_opens_no_text_of_a_later_dump(cabinet: Cabinet) -> None:
    stolen = datakeys.open_ring(*cabinet_keys(cabinet)).keys[datakeys.FIRST]
    rotate("agency", "--agency", cabinet.agency.slug)
    rotate("texts", "--agency", cabinet.agency.slug)
    thief = FileStore(cabinet.agency.pk, stolen)
    with scope(cabinet.agency.pk):
        note = CaseNote.objects.first()
        assert note is not None
        bound = identity_of(CaseNote, note.pk, "text_sealed")
        assert files_of(cabinet.agency.pk).unseal_text(bytes(note.text_sealed), bound) == note.text
        with pytest.raises(KeyProblem):
            thief.unseal_text(bytes(note.text_sealed), bound)


def cabinet_keys(cabinet: Cabinet) -> tuple[bytes, str]:
    with platform_scope():
        agency = Agency.objects.get(pk=cabinet.agency.pk)
    return bytes(agency.data_key), data_key_identity(agency.slug)


def test_the_portal_itself_still_changes_nothing_that_was_written(cabinet: Cabinet) -> None:
    """The bytes of a note are exchanged by the administrator alone; damaged ones are left."""
    pk = cabinet.agency.pk
    with scope(pk), pytest.raises(DatabaseError), transaction.atomic():
        CaseNote.objects.update(text_sealed=b"other")
    with superuser(past_triggers=True) as connection:
        connection.execute(
            "UPDATE searches_casenote SET text_sealed = 'damaged' WHERE agency_id = %s AND id ="
            " (SELECT id FROM searches_casenote WHERE agency_id = %s LIMIT 1)",
            [pk, pk],
        )
    rotate("agency", "--agency", cabinet.agency.slug)
    assert "1 could not be opened" in rotate("texts", "--agency", cabinet.agency.slug)
    with scope(pk):
        reseal_files(pk)
    rotate("agency", "--agency", cabinet.agency.slug)
    with scope(pk):
        reseal_files(pk)
    rotate("texts", "--agency", cabinet.agency.slug)
    with pytest.raises(CommandError, match=r"1 in searches_casenote\.text_sealed"):
        rotate("end-versions", "--agency", cabinet.agency.slug)


def test_without_the_administrator_nothing_is_done(cabinet: Cabinet, settings: Any) -> None:
    rotate("agency", "--agency", cabinet.agency.slug)
    settings.EMBEDDED_DATABASE, settings.DATABASE_ADMIN_URL = False, ""
    with pytest.raises(CommandError, match="admin_url_missing"):
        rotate("texts", "--agency", cabinet.agency.slug)
    assert set().union(*cabinet.versions().values()) == {1}
    assert entries(cabinet.agency, "key.texts_resealed") == []
