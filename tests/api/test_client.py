"""The Python client against a real portal: its web server, its worker, its database."""

import asyncio
import io
import random
import zipfile
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from candor_client import ApiProblem, AsyncCandor, Candor
from tests.api.conftest import Site
from tests.factories import person_jpeg

pytestmark = pytest.mark.processes
MEGABYTE = 2**20
SAID: dict[str, Any] = {"register": "Custody register", "collected_on": date(2026, 1, 2)}


@pytest.fixture
def ana(site: Site) -> Iterator[Candor]:
    with Candor(site.url, site.tokens["ana"]) as client:
        yield client


@pytest.fixture
def ada(site: Site) -> Iterator[Candor]:
    with Candor(site.url, site.tokens["ada"]) as client:
        yield client


def archive() -> bytes:
    """Two people, and a file of two and a half megabytes that is no picture."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for seed in (901, 902):
            made.writestr(f"Q-{seed}/1.jpg", person_jpeg(seed))
        made.writestr("Q-903/1.jpg", random.Random(1).randbytes(5 * MEGABYTE // 2))
    return out.getvalue()


def test_the_client_knows_whom_it_speaks_for(ana: Candor) -> None:
    me = ana.me()
    assert (me.agency.slug, me.person.email) == ("alder", "ana@alder.example")
    assert "cases.open" in me.permissions
    assert me.token.expires_at.tzinfo is not None


def test_cases_are_opened_once_listed_and_acted_on(ana: Candor) -> None:
    said = {"number": "K-1", "title": "Robbery", "purpose": "missing_person"}
    first, again = (ana.post("cases/", said, idempotency_key="client-k1") for _ in range(2))
    assert first == again
    for number in range(2, 6):
        ana.cases.open(f"K-{number}", "Robbery", purpose="missing_person")
    found = [case.number for case in ana.cases.list(q="K-", page_size=2, ordering="created_at")]
    assert found == [f"K-{number}" for number in range(1, 6)]
    closed = ana.cases.act(first["id"], "close", "Solved by other means")
    assert (closed.status, closed.closed_at is not None) == ("closed", True)
    assert ana.cases.get(first["id"]) == closed


def test_problems_have_codes_fields_and_request_ids(ana: Candor, site: Site) -> None:
    with pytest.raises(ApiProblem) as refused:
        ana.cases.open("x" * 61, "", purpose="curiosity")
    assert (refused.value.status, refused.value.code) == (422, "input_invalid")
    assert {error.field for error in refused.value.errors} == {"number", "title", "purpose"}
    assert len(refused.value.request_id) == 32
    with Candor(site.url, "candor_nobody") as stranger, pytest.raises(ApiProblem) as refused:
        stranger.me()
    assert (refused.value.status, refused.value.code) == (401, "token_invalid")


def test_many_at_once_in_an_event_loop(site: Site) -> None:
    async def run() -> list[str]:
        async with AsyncCandor(site.url, site.tokens["ana"]) as client:
            made = await asyncio.gather(
                *(client.cases.open(f"A-{n}", "Fraud", purpose="missing_person") for n in range(8))
            )
            found = [case.number async for case in client.cases.list(q="A-", page_size=3)]
            assert sorted(found) == sorted(case.number for case in made)
            return found

    assert len(asyncio.run(run())) == 8


def test_an_import_is_uploaded_checked_and_run(ada: Candor, site: Site) -> None:
    told: list[int] = []
    data = archive()
    batch = ada.imports.upload(
        site.office.gallery,
        io.BytesIO(data),
        name="two.zip",
        **SAID,
        progress=lambda done, total: told.append(done),
    )
    assert told == [0, MEGABYTE, 2 * MEGABYTE, len(data)]
    ready = ada.wait_for(batch, timeout=120)
    assert (ready.stage, ready.report["waiting"]) == ("ready", 2)
    assert sum(ready.report["codes"].values()) == 1
    done = ada.wait_for(ada.imports.act(batch.id, "start"), until={"done"}, timeout=120)
    assert (done.progress.enrolled, done.progress.done) == (2, 2)


def test_an_upload_that_broke_off_is_gone_on_with(ada: Candor, site: Site) -> None:
    """The first part came by another program, which was then ended."""
    data = archive()
    said = {"register": SAID["register"], "collected_on": "2026-01-02", "name": "again.zip"}
    said |= {"size": len(data), "submission_key": "8c9c1d0e-0d3a-4b0e-9d6b-6f3d0f7a3c11"}
    opened = ada.post(f"galleries/{site.office.gallery}/imports/", said)

    def end_after_a_part(done: int, total: int) -> None:
        if done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ada.imports.resume_upload(opened["id"], io.BytesIO(data), progress=end_after_a_part)
    assert ada.imports.get(opened["id"]).received == MEGABYTE
    batch = ada.imports.resume_upload(opened["id"], io.BytesIO(data))
    assert batch.received == len(data)
    assert ada.wait_for(batch, timeout=120).stage == "ready"
