"""What the logs say, and that nothing of what people write gets into them."""

import json
import logging
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError
from django.test import Client
from django.urls import reverse

from accounts.models import Agency, User
from portal.logs.context import know, working
from portal.logs.lines import JsonLine, PlainLine
from portal.settings_observing import LOGGING
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
"""In everything that people write here, and nowhere else."""
MARKED = f"The {MARK} of the harbour"


class Lines(logging.Handler):
    """All lines of a test, in both forms."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.json: list[dict[str, Any]] = []
        self.everything = ""

    def emit(self, record: logging.LogRecord) -> None:
        line = JsonLine().format(record)
        self.json.append(json.loads(line))
        self.everything += f"{line}\n{PlainLine().format(record)}\n"

    def of(self, message: str, **wanted: Any) -> list[dict[str, Any]]:
        found = [line for line in self.json if line["message"] == message]
        return [line for line in found if wanted.items() <= line.items()]


@pytest.fixture
def lines() -> Iterator[Lines]:
    """As LOGGING has it with the level DEBUG."""
    handler, root = Lines(), logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    for name, options in LOGGING["loggers"].items():
        if "level" in options:
            logging.getLogger(name).setLevel(options["level"])
    yield handler
    root.removeHandler(handler)
    root.setLevel(before)


def test_a_line_is_json_with_the_ids_of_the_work(lines: Lines) -> None:
    logger = logging.getLogger("searches.somewhere")
    with working(request="r-1"):
        know(agency=7, user=None)
        logger.warning("%s was taken over", "job", extra={"code": "gave_up", "reason": MARKED})
    logger.info("after")
    first, second = lines.json
    assert list(first)[:4] == ["time", "level", "logger", "message"]
    assert first["message"] == "job was taken over"
    assert (first["request"], first["agency"], first["code"]) == ("r-1", 7, "gave_up")
    assert "user" not in first
    assert "request" not in second
    assert MARK not in lines.everything


def test_of_a_library_only_the_fixed_words_are_written(lines: Lines) -> None:
    logging.getLogger("django.request").error("%s: %s", "Error", f"/invitation/{MARK}/")
    logging.getLogger("gunicorn.error").error("Error handling request %s", f"/?q={MARK}")
    logging.getLogger("gunicorn.error").info("Listening at: %s", "127.0.0.1:8000")
    logging.getLogger("celery.app.trace").error("Task %(exc)s", {"exc": MARK})
    logging.getLogger("somebody").error(f"Invalid: {MARK}")
    logging.getLogger("somebody").error(ValueError(MARK))
    words = [line["message"] for line in lines.json]
    assert words[:3] == [
        "request failed",
        "Error handling request %s",
        "Listening at: 127.0.0.1:8000",
    ]
    assert [word.rpartition(":")[0] for word in words[3:]] == ["see tests/portal/test_logs.py"] * 2
    assert MARK not in lines.everything


def test_an_exception_is_its_type_and_places_and_never_its_text(lines: Lines) -> None:
    def fail() -> None:
        try:
            raise LookupError(MARKED)
        except LookupError as error:
            raise ValueError(MARKED) from error

    try:
        fail()
    except ValueError:
        logging.getLogger("portal.x").exception("failed")
    (line,) = lines.json
    assert line["error"]["type"] == "ValueError"
    assert line["error"]["causes"] == ["LookupError"]
    assert line["error"]["at"][-1].startswith("tests/portal/test_logs.py:")
    assert line["error"]["at"][-1].endswith(" in fail")
    assert MARK not in lines.everything


def test_journeys_leave_ids_and_no_content(
    lines: Lines,
    client: Client,
    alder: Agency,
    in_alder: Agency,
    ana: User,
    ada: User,
    bells: list[tuple[str, tuple[object, ...]]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Reasons, case texts, references, file names, mail addresses and tokens, over every door."""
    _strangers(client)
    case, gallery = make_case(alder, f"2026-{MARK}"), make_gallery(alder, name=MARKED)
    make_image(gallery, f"S-{MARK}")
    client.force_login(ana)
    _enter(client, str(case.pk))
    _break(client, monkeypatch)
    client.force_login(ada)
    invited = {"email": f"{MARK}@alder.example", "name": MARKED, "roles": ["analyst"]}
    client.post(reverse("invite"), invited)
    probe = make_probe(case, person_jpeg(1), analysed=False)
    analyse_probe(alder.pk, str(probe.pk))
    probe.refresh_from_db()
    grounds: dict[str, Any] = {"reason": MARKED, "facts": MARKED, "reference": f"R-{MARK}"}
    search = make_search(probe, [gallery], run=False, **grounds)
    run_search(alder.pk, str(search.pk))
    search.refresh_from_db()
    assert search.state == "done"

    assert MARK not in lines.everything
    for address in (ana.email, ada.email):
        assert address not in lines.everything
    (ran,) = lines.of("task", job=str(search.pk))
    assert (ran["task"], ran["agency"]) == ("searches.tasks.run_search", alder.pk)
    assert ran["outcome"] == "done"
    assert ran["ms"] >= 0
    (page,) = lines.of("answered", view="case", method="GET")
    assert (page["status"], page["agency"], page["user"]) == (200, alder.pk, ana.pk)
    assert page["about"] == {"pk": str(case.pk)}
    assert page["request"] == "r-12345678"
    assert lines.of("answered", view="unmatched", status=404)
    assert [line["error"]["type"] for line in lines.json if "error" in line].count("ValueError")


def _strangers(client: Client) -> None:
    """Before a log-in, with whatever one may type or hold."""
    login = {"login": f"{MARK}@alder.example", "password": MARKED}
    client.post(reverse("account_login"), login)
    client.post(reverse("account_reset_password"), {"email": f"{MARK}@alder.example"})
    client.get(reverse("invitation", args=[MARK]))
    client.get(f"/nowhere/{MARK}/?q={MARK}")
    client.get(f"/api/v1/me/?q={MARK}", headers={"Authorization": f"Bearer candor_{MARK}"})
    client.get("/api/v1/me/", headers={"X-Request-Id": f"{MARK} {MARK}", "Host": f"{MARK}.example"})
    Client(enforce_csrf_checks=True).post(reverse("account_login"), login)


def _enter(client: Client, case: str) -> None:
    """What an analyst writes, right and wrong."""
    client.get(reverse("find"), {"q": MARK})
    client.post(reverse("case_new"), {"number": MARK, "title": MARKED, "purpose": MARK})
    client.get(reverse("case", args=[case]), headers={"X-Request-Id": "r-12345678"})
    client.post(reverse("case_notes", args=[case]), {"text": MARKED})
    for data in (person_jpeg(2), MARK.encode()):
        picture = SimpleUploadedFile(f"{MARK}.jpg", data, "image/jpeg")
        entered = {**CAPTURE_FIELDS, "capture_place": MARKED, "submission_key": str(uuid.uuid4())}
        client.post(reverse("probe_new", args=[case]), {**entered, "picture": picture})


def _break(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exceptions that repeat what somebody wrote, Python's and PostgreSQL's, in page and worker."""

    def broken(*args: object, **kwargs: object) -> None:
        raise ValueError(MARKED)

    client.raise_request_exception = False
    with monkeypatch.context() as patch:
        patch.setattr("searches.views.finding.render", broken)
        assert client.get(reverse("find"), {"q": MARK}).status_code == 500
    client.raise_request_exception = True

    with monkeypatch.context() as patch:
        patch.setattr("searches.services.searching.run_search", broken)
        with pytest.raises(ValueError, match=MARK):
            run_search(1, str(uuid.uuid4()))
        patch.setattr("searches.services.probes.analyse_probe", _repeats)
        with pytest.raises(IntegrityError):
            analyse_probe(1, str(uuid.uuid4()))


def _repeats(*args: object) -> None:
    raise IntegrityError(f"Key (reference)=({MARKED}) already exists.")
