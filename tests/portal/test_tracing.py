"""Traces: one thread from the click to the candidates, ids only, off without a collector."""

import uuid
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import TracerProvider

from accounts.models import Agency, User
from portal import tracing
from searches.models import Probe
from searches.tasks import analyse_probe, run_search
from tests.factories import (
    CAPTURE_FIELDS,
    make_case,
    make_gallery,
    make_image,
    make_probe,
    make_search,
    person_jpeg,
)

MARK = "xylophone"


class Collector:
    """A collector on this machine, and what it was sent."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.headers: list[str] = []
        outer = self

        class Taking(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                outer.headers.append(self.headers.get("Authorization", ""))
                outer.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(200)
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                """Nothing."""

        self.server = HTTPServer(("127.0.0.1", 0), Taking)
        Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    def spans(self) -> list[Any]:
        tracing.finish()
        found = []
        for body in self.bodies:
            for resource in ExportTraceServiceRequest.FromString(_plain(body)).resource_spans:
                for scope in resource.scope_spans:
                    found += scope.spans
        return found


def _plain(body: bytes) -> bytes:
    import gzip

    return gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body


@pytest.fixture
def collector(settings: Any) -> Iterator[Collector]:
    made = Collector()
    settings.OTLP_URL = made.url
    settings.OTLP_HEADERS = "Authorization=Bearer secret"
    tracing._provider.cache_clear()
    yield made
    provider = tracing._provider()
    assert isinstance(provider, TracerProvider)
    provider.shutdown()
    made.server.shutdown()
    made.server.server_close()
    tracing._provider.cache_clear()


def values(span: Any) -> dict[str, Any]:
    return {pair.key: pair.value.string_value or pair.value.int_value for pair in span.attributes}


def test_without_a_collector_there_is_nothing() -> None:
    assert tracing._provider() is None
    with tracing.span("anything", stage="embed"):
        assert tracing.carried() == {}


def test_from_the_click_to_the_candidates(
    collector: Collector,
    client: Client,
    alder: Agency,
    in_alder: Agency,
    ana: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The request, the bell's thread, the task, its stages and the engine are one trace of ids."""
    rung: dict[str, dict[str, str]] = {}

    def send(task: str, args: Any, headers: dict[str, str], **_: object) -> None:
        rung[task] = headers

    monkeypatch.setattr("portal.tasks.current_app", SimpleNamespace(send_task=send))
    # Tests have no commit: the bell rings at once.
    monkeypatch.setattr("portal.tasks.transaction", SimpleNamespace(on_commit=lambda do: do()))
    case = make_case(alder, f"2026-{MARK}")
    client.force_login(ana)
    picture = SimpleUploadedFile(f"{MARK}.jpg", person_jpeg(1), "image/jpeg")
    entered = {**CAPTURE_FIELDS, "capture_place": MARK, "submission_key": str(uuid.uuid4())}
    answer = client.post(reverse("probe_new", args=[case.pk]), {**entered, "picture": picture})
    assert answer.status_code == 302
    probe = Probe.objects.get()
    analyse_probe.push_request(**rung["searches.tasks.analyse_probe"])
    try:
        analyse_probe(alder.pk, str(probe.pk))
    finally:
        analyse_probe.pop_request()

    spans = {span.name: span for span in collector.spans()}
    request, task = spans["request"], spans["task searches.tasks.analyse_probe"]
    assert len({span.trace_id for span in spans.values()}) == 1
    assert task.parent_span_id == request.span_id
    assert spans["engine detect"].parent_span_id == task.span_id
    assert values(request) | {"candor.request": ""} == {
        "candor.view": "probe_new",
        "candor.status": 302,
        "candor.agency": alder.pk,
        "candor.user": ana.pk,
        "candor.request": "",
    }
    assert values(task)["candor.job"] == str(probe.pk)
    assert collector.headers[0] == "Bearer secret"
    for told in (MARK, ana.email, "alder"):
        assert not any(told.encode() in _plain(body) for body in collector.bodies)


def test_a_search_has_its_stages_and_a_failure_its_type(
    collector: Collector, alder: Agency, in_alder: Agency, bells: list[Any], monkeypatch: Any
) -> None:
    gallery = make_gallery(alder)
    make_image(gallery, "S-1")
    search = make_search(make_probe(make_case(alder), person_jpeg(1)), [gallery], run=False)
    run_search(alder.pk, str(search.pk))

    def broken(*_given: object) -> None:
        raise ValueError(MARK)

    monkeypatch.setattr("searches.services.searching.run_search", broken)
    with pytest.raises(ValueError, match=MARK):
        run_search(alder.pk, str(search.pk))
    spans = collector.spans()
    done, failed = [span for span in spans if span.name == "task searches.tasks.run_search"]
    children = [span.name for span in spans if span.parent_span_id == done.span_id]
    assert children == ["search permit", "search embed", "search compare", "search keep"]
    assert (failed.status.code, failed.status.message) == (2, "ValueError")
    assert not any(MARK.encode() in _plain(body) for body in collector.bodies)


def test_only_ids_may_be_attributes(collector: Collector) -> None:
    with pytest.raises(KeyError, match="reason"):
        with tracing.span("anything", reason=MARK):
            pass
