"""Receipts bring an erasure back after a restore, and nothing else does."""

import json
import uuid
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from accounts.models import Agency
from galleries.erasing.proving import KIND
from galleries.models import Erasure
from portal import signing
from portal.tenancy import scope
from tests.factories import make_gallery, make_image

pytestmark = pytest.mark.django_db


def receipt(path: Path, agency: Agency, erased: list[uuid.UUID], **changed: Any) -> Path:
    document = {
        "agency": agency.pk,
        "erasure": str(uuid.uuid4()),
        "target": "images",
        "cause": "demand",
        "ids": [str(pk) for pk in erased],
    }
    signature = signing.sign(KIND, document)
    saved = {"key_id": signature.key_id, "signature": signature.value}
    path.write_text(json.dumps({"document": document | changed, **saved}))
    return path


def test_what_came_back_is_asked_for_again(alder: Agency, tmp_path: Path) -> None:
    with scope(alder.pk):
        image = make_image(make_gallery(alder), "P-1")
    saved = receipt(tmp_path / "one.json", alder, [image.pk, uuid.uuid4()])
    call_command("erase_again", "--agency", alder.slug, str(saved))
    with scope(alder.pk):
        assert Erasure.objects.get().target_ids == [image.pk]


def test_what_did_not_come_back_is_left_alone(alder: Agency, tmp_path: Path) -> None:
    saved = receipt(tmp_path / "one.json", alder, [uuid.uuid4()])
    call_command("erase_again", "--agency", alder.slug, str(saved))
    with scope(alder.pk):
        assert not Erasure.objects.exists()


def test_a_changed_or_foreign_receipt_is_refused(
    alder: Agency, birch: Agency, tmp_path: Path
) -> None:
    with scope(alder.pk):
        image = make_image(make_gallery(alder), "P-1")
    changed = receipt(tmp_path / "a.json", alder, [], ids=[str(image.pk)])
    foreign = receipt(tmp_path / "b.json", birch, [image.pk])
    (tmp_path / "c.json").write_text("{}")
    for path in (changed, foreign, tmp_path / "c.json", tmp_path / "none.json"):
        with pytest.raises(CommandError):
            call_command("erase_again", "--agency", alder.slug, str(path))
    with scope(alder.pk):
        assert not Erasure.objects.exists()
