"""Pictures in forms, and archives in parts that are broken off and gone on with."""

import io
import re
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest

from candor_client import ApiProblem, CandorError, Unreachable
from fake_portal import ADDRESS, FEW, FakePortal, busy, problem

DAY = date(2026, 1, 2)
DATA = bytes(range(256)) * 10
PART = 1000
SAID: dict[str, Any] = {"register": "Custody register", "collected_on": DAY}
PROBE = {"id": "p-1", "case": "c-1", "state": "queued", "faces": [], "captured_on": "2026-01-02"}
CAPTURE: dict[str, Any] = {
    "captured_on": DAY,
    "capture_kind": "cctv",
    "capture_place": "12 Harbour Street",
}


class Receiver:
    """The portal's side of an import's upload. `trouble` is what happens before each PUT."""

    def __init__(self) -> None:
        self.data = b""
        self.size = 0
        self.trouble: list[str] = []
        self.puts = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.method == "PUT":
            return self.put(request)
        if request.method == "POST":
            self.size = int(re.findall(rb'"size":\s*(\d+)', request.content)[0])
        return httpx.Response(201 if request.method == "POST" else 200, json=self.told())

    def put(self, request: httpx.Request) -> httpx.Response:
        self.puts += 1
        trouble = self.trouble.pop(0) if self.trouble else ""
        if trouble == "lost":
            raise httpx.ReadError("cut off")
        if trouble == "busy":
            return busy()
        if self.stage() != "uploading":
            return problem(422, "import_stage")
        if int(request.headers["Upload-Offset"]) != len(self.data):
            return problem(409, "import_offset_wrong", received=len(self.data))
        self.data += request.content
        if trouble == "answer lost":
            raise httpx.ReadError("cut off")
        return httpx.Response(200, json=self.told())

    def stage(self) -> str:
        return "checking" if len(self.data) == self.size else "uploading"

    def told(self) -> dict[str, Any]:
        names = ("total", "done", "enrolled", "already", "held", "rejected")
        standing: dict[str, Any] = {"id": "i-1", "stage": self.stage(), "code": "", "report": {}}
        standing |= {"size": self.size, "received": len(self.data), "part_bytes": PART}
        return standing | {"progress": dict.fromkeys(names, 0)}


@pytest.fixture
def receiver(portal: FakePortal) -> Receiver:
    made = Receiver()
    portal.answers = [made]
    return made


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "january.zip"
    path.write_bytes(DATA)
    return path


def test_an_archive_goes_in_parts(portal: FakePortal, receiver: Receiver, archive: Path) -> None:
    told: list[tuple[int, int]] = []
    batch = portal.client().imports.upload(
        "g-1", archive, **SAID, progress=lambda done, total: told.append((done, total))
    )
    assert (batch.stage, receiver.data) == ("checking", DATA)
    assert told == [(0, 2560), (1000, 2560), (2000, 2560), (2560, 2560)]
    said = portal.sent(0)
    assert (said["name"], said["size"], said["register"]) == ("january.zip", 2560, SAID["register"])
    assert said["collected_on"] == "2026-01-02"
    kinds = {request.headers["Content-Type"] for request in portal.requests[1:]}
    assert kinds == {"application/octet-stream"}


def test_in_an_event_loop(portal: FakePortal, receiver: Receiver) -> None:
    batch = portal.in_loop(
        lambda client: client.imports.upload("g-1", io.BytesIO(DATA), name="a.zip", **SAID)
    )
    assert (batch.stage, receiver.data) == ("checking", DATA)


@pytest.mark.parametrize("trouble", ["lost", "busy", "answer lost"])
@pytest.mark.parametrize("when", [0, 1, 2])
def test_whatever_is_lost_arrives_once(
    portal: FakePortal, receiver: Receiver, archive: Path, trouble: str, when: int
) -> None:
    receiver.trouble = [""] * when + [trouble]
    batch = portal.client().imports.upload("g-1", archive, **SAID)
    assert (batch.stage, receiver.data) == ("checking", DATA)


def test_an_upload_that_was_broken_off_goes_on(
    portal: FakePortal, receiver: Receiver, archive: Path
) -> None:
    receiver.trouble = ["", *["lost"] * 4]
    client = portal.client(retries=FEW)
    with pytest.raises(Unreachable):
        client.imports.upload("g-1", archive, **SAID)
    assert receiver.data == DATA[:PART]
    receiver.puts = 0
    batch = client.imports.resume_upload("i-1", archive)
    assert (batch.stage, receiver.data, receiver.puts) == ("checking", DATA, 2)


def test_another_file_is_not_gone_on_with(portal: FakePortal, receiver: Receiver) -> None:
    receiver.size, receiver.data = len(DATA), DATA[:PART]
    with pytest.raises(CandorError, match="2560 bytes"):
        portal.client().imports.resume_upload("i-1", io.BytesIO(DATA[:-1]))
    assert receiver.puts == 0


def test_a_portal_that_stays_where_it_is_ends_the_upload(portal: FakePortal) -> None:
    receiver = Receiver()
    receiver.size = len(DATA)

    def stuck(request: httpx.Request) -> httpx.Response:
        if request.method == "PUT":
            return problem(409, "import_offset_wrong", received=0)
        return receiver(request)

    portal.answers = [stuck]
    with pytest.raises(ApiProblem):
        portal.client().imports.resume_upload("i-1", io.BytesIO(DATA))


def test_a_picture_goes_as_a_form(portal: FakePortal) -> None:
    told: list[tuple[int, int]] = []
    portal.answers = [busy(), httpx.Response(201, json=PROBE)]
    picture = b"\xff\xd8" + bytes(200_000)
    probe = portal.client().probes.upload(
        "c-1", picture, **CAPTURE, progress=lambda done, total: told.append((done, total))
    )
    assert (probe.id, probe.captured_on) == ("p-1", DAY)
    assert len(set(portal.keys())) == 1
    for body in portal.bodies:  # the second attempt has the whole picture again
        assert picture in body
        assert b'name="captured_on"\r\n\r\n2026-01-02' in body
    assert told[-1] == (len(picture), len(picture))
    assert len(told) > 2


def test_a_picture_in_an_event_loop(portal: FakePortal, tmp_path: Path) -> None:
    path = tmp_path / "still.jpg"
    path.write_bytes(b"\xff\xd8still")
    portal.answers = [httpx.Response(201, json=PROBE)]
    portal.in_loop(lambda client: client.probes.upload("c-1", path, **CAPTURE))
    assert b'filename="still.jpg"' in portal.bodies[0]
    assert b"\xff\xd8still" in portal.bodies[0]


def test_a_picture_is_asked_for_and_fetched(portal: FakePortal) -> None:
    """The address is that of a portal behind a proxy; only its path is used."""
    signed = {"url": "http://inside:8000/api/v1/pictures/Wy:1w:x0/", "expires_at": "2026-01-02"}
    portal.answers = [httpx.Response(200, json=signed), httpx.Response(200, content=b"jpeg")]
    assert portal.client().probes.picture("p-1") == b"jpeg"
    assert str(portal.requests[1].url) == f"{ADDRESS}/api/v1/pictures/Wy:1w:x0/"


def test_the_document_of_a_search_goes_in_a_form(portal: FakePortal) -> None:
    portal.answers = [problem(422, "document_unreadable")]
    with pytest.raises(ApiProblem):
        portal.client().searches.submit(
            "p-1",
            galleries=["g-1", "g-2"],
            purpose="missing_person",
            basis="authorized",
            reason="Seen",
            document=b"%PDF-1.7",
            limit=5,
        )
    body = portal.bodies[0]
    assert body.count(b'name="galleries"') == 2
    assert b"%PDF-1.7" in body
    assert b'name="limit"\r\n\r\n5' in body
