"""The numbers: who may read them, what is in them, and over several processes."""

import os
import socket
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from accounts.models import Agency, User
from portal.metrics.instruments import REGISTRY
from portal.metrics.store import exposition
from portal.observing.listener import listen
from portal.observing.rows import Rows
from portal.observing.views import may_read
from portal.queue_rows import kept_jobs, open_jobs
from portal.storage import FileStore, MissingFile
from portal.tenancy import scope
from searches.models import Enrolment
from searches.tasks import run_search
from tests.factories import (
    make_case,
    make_enrolment,
    make_gallery,
    make_image,
    make_probe,
    make_search,
    person_jpeg,
)

TOKEN = "a token of the operator's own"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
ROOT = Path(__file__).resolve().parents[2]


def samples(text: bytes) -> dict[str, dict[tuple[str, ...], float]]:
    """name -> label values in the order of their names -> value."""
    found: dict[str, dict[tuple[str, ...], float]] = {}
    for family in text_string_to_metric_families(text.decode()):
        for sample in family.samples:
            found.setdefault(sample.name, {})[
                tuple(value for _, value in sorted(sample.labels.items()))
            ] = sample.value
    return found


def counted(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


def test_nobody_reads_the_numbers_without_the_token(
    client: Client, settings: Any, db: None
) -> None:
    """By no address of the portal: with none there is no such page, and a wrong one opens none."""
    address = reverse("metrics")
    assert client.get(address, headers=BEARER).status_code == 404
    assert client.get(address, headers={"Authorization": "Bearer "}).status_code == 404
    settings.METRICS_TOKEN = TOKEN
    for header in ({}, {"Authorization": TOKEN}, {"Authorization": f"Bearer {TOKEN}x"}):
        assert client.get(address, headers=header).status_code == 404
    assert client.post(address, headers=BEARER).status_code == 405
    answer = client.get(address, headers=BEARER)
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/plain; version=0.0.4")
    assert not may_read("Bearer ")


def test_a_search_from_queue_to_candidates_in_numbers(
    alder: Agency, birch: Agency, in_alder: Agency, client: Client, ana: User, bells: list[Any]
) -> None:
    """Depth and age out of the rows of all agencies, and no name of one in any label."""
    before = {
        name: counted(name, **labels)
        for name, labels in (
            ("candor_engine_seconds_count", {"engine": "open", "step": "embed"}),
            ("candor_search_stage_seconds_count", {"stage": "keep"}),
            ("candor_jobs_ended_total", {"kind": "search", "code": "none"}),
        )
    }
    gallery = make_gallery(alder)
    make_image(gallery, "S-1")
    search = make_search(make_probe(make_case(alder), person_jpeg(1)), [gallery], run=False)
    with scope(birch.pk):
        theirs = make_enrolment(make_gallery(birch), "S-2", person_jpeg(2))
    client.force_login(ana)
    client.get(reverse("case", args=[search.case_id]))
    found = samples(exposition(Rows()))
    assert found["candor_queue_jobs"]["search", "queued"] == 1
    assert found["candor_queue_jobs"]["enrolment", "queued"] == 1
    assert found["candor_queue_oldest_seconds"]["search", "queued"] >= 0
    assert found["candor_database_up"][()] == 1
    assert found["candor_retention_count"][()] == 2
    assert found["candor_unlinked_count"][()] > 0
    assert found["candor_requests_total"]["200", "case"] >= 1

    run_search(alder.pk, str(search.pk))
    found = samples(exposition(Rows()))
    assert found["candor_queue_jobs"]["search", "queued"] == 0
    assert found["candor_engine_seconds_count"]["open", "embed"] == (
        before["candor_engine_seconds_count"] + 1
    )
    stages = found["candor_search_stage_seconds_count"]
    assert {stage for (stage,) in stages} == {"permit", "embed", "compare", "keep"}
    assert stages["keep",] == before["candor_search_stage_seconds_count"] + 1
    ended = found["candor_jobs_ended_total"]["none", "search"]
    assert ended == before["candor_jobs_ended_total"] + 1
    assert found["candor_task_seconds_count"]["done", "searches.tasks.run_search"] >= 1
    values = {value for labels in found.values() for values in labels for value in values}
    assert not values & {"alder", "birch", "Alder Police", str(alder.pk), str(birch.pk)}
    assert not [value for value in values if str(search.pk) in value or str(theirs.pk) in value]


def test_the_queue_of_the_platform_has_failed_jobs_by_code(
    alder: Agency, birch: Agency, bells: list[Any]
) -> None:
    for agency, state in ((alder, "failed"), (birch, "failed")):
        with scope(agency.pk):
            row = make_enrolment(make_gallery(agency, name=state), f"S-{state}", person_jpeg(1))
            facts = {"state": state, "failure_code": "no_face"}
            Enrolment.objects.filter(pk=row.pk).update(finished_at=timezone.now(), **facts)
    assert open_jobs() == []
    assert [(one.kind, one.state, one.code, one.jobs) for one in kept_jobs()] == [
        ("enrolment", "failed", "no_face", 2),
    ]


def test_what_goes_wrong_is_counted(alder: Agency, in_alder: Agency) -> None:
    store = FileStore(alder.pk, os.urandom(32))
    labels = {"operation": "read", "error": "MissingFile"}
    before = counted("candor_storage_errors_total", **labels)
    with pytest.raises(MissingFile):
        store.get(f"{alder.pk}/{uuid.uuid4()}/secret")
    assert counted("candor_storage_errors_total", **labels) == before + 1


def test_a_database_that_is_away_is_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    from django.db import OperationalError

    def away() -> None:
        raise OperationalError

    monkeypatch.setattr("portal.queue_rows.open_jobs", away)
    found = samples(exposition(Rows()))
    assert found["candor_database_up"][()] == 0
    assert "candor_queue_jobs" not in found


COUNTING = """
import django, os, sys
django.setup()
from portal.metrics.instruments import REQUESTS, REQUEST_SECONDS
REQUESTS.labels("home", 200).inc(int(sys.argv[1]))
REQUEST_SECONDS.labels("home").observe(0.15)
"""
READING = """
import django, sys
django.setup()
from portal.metrics.store import exposition
sys.stdout.write(exposition().decode())
"""


def test_numbers_of_processes_that_have_ended_are_kept(tmp_path: Path) -> None:
    """Two processes count and end; who asks twice gets their sum twice, out of one file each."""
    environment = os.environ | {
        "CANDOR_METRICS_TOKEN": TOKEN,
        "CANDOR_METRICS_DIR": str(tmp_path / "numbers"),
        "DJANGO_SETTINGS_MODULE": "portal.settings",
    }

    def run(code: str, *arguments: str) -> bytes:
        command = [sys.executable, "-c", code, *arguments]
        return subprocess.run(
            command, env=environment, cwd=ROOT, check=True, capture_output=True
        ).stdout

    run(COUNTING, "2")
    run(COUNTING, "3")
    for _turn in range(2):
        found = samples(run(READING))
        assert found["candor_requests_total"]["200", "home"] == 5
        assert found["candor_request_seconds_count"][("home",)] == 2
        assert found["candor_request_seconds_bucket"]["0.2", "home"] == 2
        assert found["candor_request_seconds_bucket"]["0.1", "home"] == 0
    files = sorted(path.name for path in (tmp_path / "numbers").glob("*.db"))
    assert [name for name in files if "ended" in name] == ["counter_ended.db", "histogram_ended.db"]
    run(COUNTING, "4")
    assert samples(run(READING))["candor_requests_total"]["200", "home"] == 9


def test_a_worker_answers_on_an_address_of_its_own(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portal.observing.listener.Rows", lambda: Empty())
    assert listen() is None
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        settings.METRICS_LISTEN = probe.getsockname()
    server = listen()
    assert server is not None
    try:
        place = "http://{}:{}".format(*settings.METRICS_LISTEN)
        assert b"candor_requests_total" in urlopen(f"{place}/metrics").read()
        for path, token in (("/metrics", TOKEN), ("/", "")):
            settings.METRICS_TOKEN = token
            with pytest.raises(HTTPError) as refused:
                urlopen(f"{place}{path}")
            assert refused.value.code == 404
            refused.value.close()
        settings.METRICS_TOKEN = TOKEN
        assert urlopen(Request(f"{place}/metrics", headers=BEARER)).status == 200
        assert listen() is None  # the address is taken, which costs nothing else
    finally:
        server.shutdown()
        server.server_close()


class Empty:
    def collect(self) -> list[Any]:
        return []
