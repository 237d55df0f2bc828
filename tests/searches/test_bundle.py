"""The disclosure bundle: what is in it, and that every change of it is found without Candor."""

import base64
import json
import shutil
import zipfile
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.test import Client
from django.urls import reverse

from accounts.models import Agency
from portal import signing
from portal.audit.actions import Action
from portal.audit.exporting import export_stream
from portal.audit.models import AuditEntry
from portal.audit.recorder import record
from portal.tenancy import scope
from searches.documents.bundle import write_bundle
from searches.documents.dossier import dossier_of
from searches.models import FaceImage, Search
from searches.services.disclosing import make_bundle
from tests.factories import PDF, make_gallery, person_jpeg
from tests.portal.exports import SCRIPT, run
from tests.searches.documents_cast import documented, text_of, unpacked, verified
from tests.searches.procedure import SIMILAR, Office, conclude, make_office, searched
from tests.searches.test_report import MAKING

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("models", "bells", "in_alder")]


@pytest.fixture
def work(alder: Agency) -> tuple[Office, Search]:
    return documented(alder, subjects=4, limit=2)


@pytest.fixture
def bundle(work: tuple[Office, Search], tmp_path: Path) -> Path:
    return unpacked(*work, tmp_path / "bundle")


def read(bundle: Path, name: str) -> Any:
    return json.loads((bundle / name).read_bytes())


def names_in(bundle: Path) -> list[str]:
    return sorted(p.relative_to(bundle).as_posix() for p in bundle.rglob("*") if p.is_file())


# --- What is in it ------------------------------------------------------------------------------


def test_it_holds_everything(bundle: Path, work: tuple[Office, Search]) -> None:
    _office, search = work
    pictures = [f"candidates/{n:02d}-{kind}.jpg" for n in (1, 2) for kind in ("enrolled", "face")]
    assert names_in(bundle) == sorted(
        [
            *("README.txt", "candor_verify.py", "report-en.pdf", "report-fr.pdf"),
            *("probe/original.jpg", "probe/edit-01.png", "probe/upright.jpg", "probe/face.jpg"),
            *("authorization.pdf", "token.json", "token.sig.json", *pictures),
            *("search.json", "candidates.json", "examinations.json", "conclusion.json"),
            *("record.jsonl", "contents.jsonl", "checkpoints.jsonl", "keys.json"),
            *("manifest.json", "manifest.sig.json"),
        ]
    )
    assert (bundle / "authorization.pdf").read_bytes() == PDF
    digest = sha256((bundle / "probe/original.jpg").read_bytes()).hexdigest()
    assert digest == search.probe.sha256
    assert "Outcome: Lead" in text_of((bundle / "report-en.pdf").read_bytes())


def test_the_search_is_told_completely(bundle: Path, work: tuple[Office, Search]) -> None:
    _office, search = work
    told = read(bundle, "search.json")
    assert told["reason"] == "Seen at the harbour on the evening of the robbery"
    assert told["reference"] == "Court of Harbour, 12/2026"
    assert told["document"]["path"] == "authorization.pdf"
    assert told["authorization"]["reason"] == "The warrant names the camera"
    assert told["engine"]["error_rates"] == "not measured"
    assert told["engine"]["contract"] == search.contract_id
    token = read(bundle, "token.json")
    (gallery,) = told["galleries"]
    assert gallery["version"] == token["galleries"][0]["version"]
    (edit,) = told["probe"]["edits"]
    assert (edit["parent_sha256"], edit["path"]) == (search.probe.sha256, "probe/edit-01.png")
    assert token["probe"]["searched_sha256"] == edit["sha256"]
    assert told["probe"]["capture_place"] == "Entrance, 12 Harbour Street"


def test_candidates_and_examinations_are_complete(bundle: Path, work: Any) -> None:
    _office, search = work
    candidates = read(bundle, "candidates.json")
    rows = search.candidates.order_by("rank")
    assert [one["similarity"] for one in candidates] == [row.similarity for row in rows]
    assert [one["lead"] for one in candidates] == [True, True]
    assert candidates[1]["dispositions"] == {"1": "excluded", "2": "retained", "3": "retained"}
    first, second, third = read(bundle, "examinations.json")
    assert [e["examiner"]["label"] for e in (first, second, third)] == [
        "first@alder.example",
        "second@alder.example",
        "supervisor@alder.example",
    ]
    assert [face["distractor"] for face in first["faces"]] == [False, False]
    assert sorted(face["distractor"] for face in second["faces"]) == [False, False, True, True]
    assert first["faces"][0]["features"] == SIMILAR
    conclusion = read(bundle, "conclusion.json")
    assert (conclusion["outcome"], conclusion["leads"]) == ("lead", [1, 2])
    assert conclusion["follow_ups"][0]["note"] == "A witness knows the person"


def test_the_record_is_of_this_search_alone(bundle: Path, work: tuple[Office, Search]) -> None:
    office, search = work
    _start, *links = [json.loads(li) for li in (bundle / "record.jsonl").read_bytes().splitlines()]
    entries = [link["entry"] for link in links if "entry" in link]
    acts = [entry["action"] for entry in entries]
    assert acts[0] == "probe.uploaded"
    assert {"search.submitted", "search.authorized", "examination.submitted"} <= set(acts)
    assert acts[-1] == "follow_up.reported"
    of = {str(search.pk), str(search.probe_id)}
    of |= {str(pk) for pk in search.examinations.values_list("pk", flat=True)}
    assert {entry["subject"]["id"] for entry in entries} == of
    every = AuditEntry.objects.filter(agency_id=office.agency.pk, subject_id__in=of)
    assert len(entries) == every.exclude(action="bundle.downloaded").count() == len(links)


def test_of_what_is_not_about_this_search_there_is_the_digest_alone(
    work: Any, bundle: Path, tmp_path: Path
) -> None:
    office, search = work
    with scope(office.agency.pk):
        record(office.actor("auditor"), Action.CASE_CLOSED)
    later = unpacked(office, search, tmp_path / "later")
    *_, last = [json.loads(line) for line in (later / "record.jsonl").read_bytes().splitlines()]
    assert set(last) == {"number", "digest", "head"}
    assert b"case.closed" not in (later / "record.jsonl").read_bytes()
    code, said = run(bundle, later)
    assert (code, said.count("OK: nothing is wrong")) == (0, 2), said


def test_the_record_proves_itself_to_a_checkpoint(bundle: Path, work: Any, tmp_path: Path) -> None:
    office, _search = work
    (line,) = (bundle / "checkpoints.jsonl").read_bytes().splitlines()
    document = json.loads(line)["document"]
    *_, last = (bundle / "record.jsonl").read_bytes().splitlines()
    assert (json.loads(last)["number"], json.loads(last)["head"]) == (
        document["entries"],
        document["head"],
    )
    reasons = [json.loads(li) for li in (bundle / "contents.jsonl").read_bytes().splitlines()]
    assert "The warrant names the camera" in [one["fields"].get("reason") for one in reasons]
    (tmp_path / "published.json").write_bytes(line)
    (tmp_path / "all.zip").write_bytes(
        b"".join(export_stream(office.agency.pk, made_by="auditor@alder.example"))
    )
    options = ["--checkpoint", tmp_path / "published.json", "--key", signing.public_key_text()]
    code, said = run(bundle, tmp_path / "all.zip", *options)
    assert (code, said.count("OK: nothing is wrong")) == (0, 2), said


def test_a_record_that_was_signed_over_but_is_another_is_found(bundle: Path) -> None:
    """The files of a bundle whose manifest is gone still prove themselves by the chain."""
    for name in ("manifest.json", "manifest.sig.json"):
        (bundle / name).unlink()
    lines = (bundle / "record.jsonl").read_bytes().splitlines(keepends=True)
    (bundle / "record.jsonl").write_bytes(b"".join(lines[:3] + lines[4:]))
    assert "removed: number" in verified(bundle)[1]
    (bundle / "record.jsonl").write_bytes(b"".join(lines[:-1]))
    assert "uncovered: no checkpoint is at the last number" in verified(bundle)[1]


def test_names_are_ours_and_the_bytes_are_the_same_each_time(
    work: tuple[Office, Search],
) -> None:
    _office, search = work
    one, other = (write_bundle(dossier_of(search), MAKING).getvalue() for _ in range(2))
    assert one == other
    infos = zipfile.ZipFile(BytesIO(one)).infolist()
    assert all(not i.filename.startswith("/") and ".." not in i.filename for i in infos)
    assert {i.date_time for i in infos} == {(2026, 11, 28, 10, 30, 0)}


# --- Verified without Candor --------------------------------------------------------------------


def test_as_it_is_it_verifies(bundle: Path, work: tuple[Office, Search], tmp_path: Path) -> None:
    code, said = verified(bundle)
    assert (code, "OK: nothing is wrong" in said) == (0, True), said
    assert signing.public_key_text() in said
    assert verified(bundle, "--key", signing.public_key_text())[0] == 0
    office, search = work
    packed = tmp_path / "bundle.zip"
    packed.write_bytes(make_bundle(actor=office.actor("auditor"), search=search).getvalue())
    assert verified(packed)[0] == 0


def test_the_script_in_the_bundle_is_the_one_that_is_tested(bundle: Path) -> None:
    assert (bundle / "candor_verify.py").read_bytes() == SCRIPT.read_bytes()


def test_every_changed_file_is_named(bundle: Path) -> None:
    for name in names_in(bundle):
        path = bundle / name
        before = path.read_bytes()
        path.write_bytes(before[:-1] + bytes([before[-1] ^ 1]))
        code, said = verified(bundle)
        assert code == 1, name
        if name.startswith("manifest"):
            assert "damaged: " in said, name
        else:
            assert f"file changed: {name}" in said.splitlines()
        path.write_bytes(before)
    assert verified(bundle)[0] == 0


def test_every_missing_file_is_named(bundle: Path) -> None:
    for name in names_in(bundle):
        path = bundle / name
        before = path.read_bytes()
        path.unlink()
        code, said = verified(bundle)
        assert code == 1, name
        if name.startswith("manifest"):
            assert "damaged: " in said
        else:
            assert f"file missing: {name}" in said.splitlines()
        path.write_bytes(before)


@pytest.mark.parametrize("name", ["another.txt", "probe/edit-02.png", ".hidden", "a/b/c.json"])
def test_an_extra_file_is_named(bundle: Path, name: str) -> None:
    (bundle / name).parent.mkdir(parents=True, exist_ok=True)
    (bundle / name).write_bytes(b"")
    code, said = verified(bundle)
    assert (code, f"file extra: {name}" in said.splitlines()) == (1, True)


def test_a_link_is_no_file(bundle: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.jpg"
    shutil.move(bundle / "probe/face.jpg", copy)
    (bundle / "probe/face.jpg").symlink_to(copy)
    code, said = verified(bundle)
    assert (code, "file changed: probe/face.jpg" in said) == (1, True)


def test_a_name_that_is_there_twice_is_found(work: tuple[Office, Search], tmp_path: Path) -> None:
    office, search = work
    packed = tmp_path / "bundle.zip"
    packed.write_bytes(make_bundle(actor=office.actor("auditor"), search=search).getvalue())
    with zipfile.ZipFile(packed, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("search.json", zipfile.ZipFile(packed).read("search.json"))
    code, said = verified(packed)
    assert (code, "file there more than once: search.json" in said) == (1, True)


def test_swapped_signatures_are_found(bundle: Path, work: Any, tmp_path: Path) -> None:
    office, search = work
    other = unpacked(office, search, tmp_path / "other")
    shutil.copy(other / "manifest.sig.json", bundle / "manifest.sig.json")
    assert "is not what was signed" in verified(bundle)[1]
    # The signature of another kind of document of the same installation.
    shutil.copy(other / "token.sig.json", bundle / "manifest.sig.json")
    assert verified(bundle)[0] == 1


def test_a_bundle_that_somebody_else_signed_is_found_by_its_key(bundle: Path) -> None:
    """Whoever changes a file can sign anew with a key of their own, and no other."""
    (bundle / "candidates.json").write_text("[]")
    manifest = read(bundle, "manifest.json")
    for entry in manifest["files"]:
        if entry["path"] == "candidates.json":
            entry |= {"sha256": sha256(b"[]").hexdigest(), "bytes": 2}
    key = Ed25519PrivateKey.generate()
    public = key.public_key().public_bytes_raw()
    (bundle / "manifest.json").write_text(json.dumps(manifest))
    signed = b"candor disclosure\n" + (bundle / "manifest.json").read_bytes()
    signature = {
        "kind": "disclosure",
        "key_id": signing.key_id_of(public),
        "public_key": base64.b64encode(public).decode(),
        "value": base64.b64encode(key.sign(signed)).decode(),
    }
    (bundle / "manifest.sig.json").write_text(json.dumps(signature))
    assert base64.b64encode(public).decode() in verified(bundle)[1]
    code, said = verified(bundle, "--key", signing.public_key_text())
    assert (code, "key: the export is signed by" in said) == (1, True)
    signature |= {"public_key": signing.public_key_text()}
    (bundle / "manifest.sig.json").write_text(json.dumps(signature))
    assert verified(bundle)[0] == 1


@pytest.mark.parametrize("content", [b"", b"{}", b"[1]", b"\xff\xfe", b'{"files": 1}'])
def test_rubbish_is_refused_in_words(bundle: Path, content: bytes) -> None:
    (bundle / "manifest.sig.json").write_bytes(content)
    assert verified(bundle)[0] == 1
    no_zip = bundle / "rubbish.zip"
    no_zip.write_bytes(content)
    assert verified(no_zip)[0] == 1


def test_what_cannot_be_read_is_named_and_the_rest_is_handed_out(work: Any, tmp_path: Path) -> None:
    office, search = work
    image = FaceImage.objects.get(pk=search.candidates.get(rank=1).image_id)
    dossier_of(search).files.delete(image.file_key)
    bundle = unpacked(office, search, tmp_path / "less")
    assert read(bundle, "manifest.json")["unreadable"] == ["candidates/01-enrolled.jpg"]
    assert read(bundle, "candidates.json")[0]["image"]["path"] == ""
    code, said = verified(bundle)
    assert (code, "was not readable when the bundle was made" in said) == (0, True)


def test_an_empty_list_makes_a_bundle_too(alder: Agency, tmp_path: Path) -> None:
    office = make_office(alder)
    search = searched(office, person_jpeg(1), make_gallery(alder, "Empty"))
    conclude(office, search)
    bundle = unpacked(office, search, tmp_path / "empty")
    assert read(bundle, "candidates.json") == []
    assert verified(bundle)[0] == 0


# --- The page -----------------------------------------------------------------------------------


def test_the_page_hands_it_out_and_records_its_digest(work: Any, client: Client) -> None:
    office, search = work
    address = reverse("search_bundle", args=[search.pk])
    client.force_login(office.people["auditor"])
    assert client.get(address).status_code == 405
    response = client.post(address)
    data = b"".join(response.streaming_content)  # type: ignore[attr-defined]
    assert (response.status_code, response["Content-Type"]) == (200, "application/zip")
    assert zipfile.ZipFile(BytesIO(data)).testzip() is None
    entry = AuditEntry.objects.get(agency_id=office.agency.pk, action="bundle.downloaded")
    assert entry.data == {"case": str(search.case_id), "sha256": sha256(data).hexdigest()}
    assert entry.actor_label == "auditor@alder.example"


def test_the_page_says_why_there_is_none(alder: Agency, client: Client) -> None:
    office = make_office(alder)
    search = searched(office, person_jpeg(1), make_gallery(alder, "Empty"))
    client.force_login(office.people["supervisor"])
    response = client.post(reverse("search_bundle", args=[search.pk]))
    assert (response.status_code, b"not_concluded" in response.content) == (409, True)
    assert not AuditEntry.objects.filter(agency_id=alder.pk, action="bundle.downloaded").exists()
