"""The file store and the rows agree: strays go, young files stay, what is missing is named."""

import io
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.management import CommandError, call_command
from django.db import transaction

from accounts.access import files_of
from accounts.models import Agency
from accounts.offboarding.file_keys import stored_keys
from accounts.services import strays
from accounts.services.strays import GRACE, check_files
from portal.audit.models import AuditEntry
from portal.tenancy import scope
from searches.files import new_files
from tests.factories import make_case, make_probe, person_jpeg

pytestmark = pytest.mark.django_db


def path_of(key: str) -> Path:
    agency, name = key.split("/")[:2]
    return Path(django_settings.FILES_DIR) / agency / name[:2] / name


def age(path: Path, by: timedelta = GRACE + timedelta(minutes=1)) -> None:
    then = path.stat().st_mtime - by.total_seconds()
    os.utime(path, (then, then))


def test_strays_go_and_nothing_else_does(alder: Agency, birch: Agency) -> None:
    with scope(birch.pk):
        others = files_of(birch.pk).put(b"another agency's")
    age(path_of(others))
    with scope(alder.pk):
        make_probe(make_case(alder), person_jpeg(1), analysed=False)
        [named] = stored_keys(alder.pk)
        store = files_of(alder.pk)
        stray, young = store.put(b"of a row that never came"), store.put(b"of an open transaction")
        unfinished = path_of(stray).with_name("x.1.part")
        unfinished.write_bytes(b"half")
        export = Path(django_settings.FILES_DIR) / str(alder.pk) / "export" / "index"
        export.parent.mkdir()
        export.write_bytes(b"sealed")
        for path in (path_of(stray), path_of(named), unfinished, export):
            age(path)
        with transaction.atomic(), new_files(alder.pk) as files:
            written = files.put(b"whose row comes later")
            found = check_files(alder.pk)
        kept = [path_of(key) for key in (named, young, written, others)] + [export]
        assert [path.exists() for path in kept] == [True] * 5
        assert not path_of(stray).exists()
        assert not unfinished.exists()
        assert (len(found.strays), found.missing, found.kept) == (2, [], False)
        entry = AuditEntry.objects.get(agency_id=alder.pk, action="files.checked")
        assert entry.data["removed"] == 2
        assert check_files(alder.pk).strays == []
        assert AuditEntry.objects.filter(action="files.checked").count() == 1, "nothing to tell"


def test_a_missing_or_damaged_file_is_named_and_stays_a_finding(alder: Agency, caplog: Any) -> None:
    with scope(alder.pk):
        case = make_case(alder)
        for seed in (1, 2):
            make_probe(case, person_jpeg(seed), analysed=False)
        gone, cut = stored_keys(alder.pk)
    path_of(gone).unlink()
    path_of(cut).write_bytes(path_of(cut).read_bytes()[:-1])
    out = io.StringIO()
    for _ in range(2):
        with pytest.raises(CommandError, match="2 findings"):
            call_command("check_files", "--agency", "alder", "--read", stdout=out)
    for key, word in ((gone, "missing"), (cut, "damaged")):
        agency, name, secret = key.split("/")
        assert f"{word}: {agency}/{name}\n" in out.getvalue()
        assert secret not in out.getvalue() + caplog.text
    with scope(alder.pk):
        facts = AuditEntry.objects.filter(action="files.checked").latest("pk").data
    assert (facts["missing"], facts["unreadable"], facts["removed"]) == (1, 1, 0)


def test_too_many_strays_are_a_mistake_until_somebody_has_looked(
    alder: Agency, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A database that was restored without its last days must not cost the files of those days."""
    monkeypatch.setattr(strays, "MOST_REMOVED", 1)
    with scope(alder.pk):
        lost = [files_of(alder.pk).put(b"x") for _ in range(2)]
        for key in lost:
            age(path_of(key))
        assert check_files(alder.pk).kept
        assert all(path_of(key).exists() for key in lost)
        assert not check_files(alder.pk, remove_many=True).kept
        assert not any(path_of(key).exists() for key in lost)
