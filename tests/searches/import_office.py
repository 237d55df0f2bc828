"""A clerk who imports pictures through the portal's pages, whatever is killed meanwhile."""

import os
import re
import signal
import subprocess
import time
import uuid
from contextlib import suppress
from typing import Any

import psycopg
import requests

from tests.portal.embedded_clients import wait_until
from tests.searches.import_pictures import Row
from tests.searches.installation import Installation
from tests.searches.office import PASSWORD
from tests.searches.pages import START_SECONDS, Pages
from tests.searches.processes import Worker, free_port

PATIENCE = 3600.0  # of a machine that others use as well
AWAY = (requests.ConnectionError, requests.Timeout, AssertionError)
IN_GALLERY = """
SELECT s.id::text, i.sha256, substr(halfvec_send(t.vector), 5) FROM searches_faceimage i
JOIN searches_subject s ON s.id = i.subject_id
JOIN searches_template t ON t.image_id = i.id
"""
DONE = """
SELECT b.stage, b.size, b.received, b.files, coalesce(sum(l.checked), 0),
    coalesce(sum(l.enrolled + l.already + l.held + l.rejected), 0)
FROM galleries_importbatch b JOIN galleries_importlane l ON l.batch_id = b.id GROUP BY b.id
"""
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]*)"')


class ImportOffice:
    """An agency with an empty gallery, a web server and a worker, which may all be killed."""

    def __init__(self, place: Installation) -> None:
        self.place = place
        place.environment |= {"CANDOR_IMPORT_PART_MB": "1", "CANDOR_SWEEP_SECONDS": "1"}
        hand = place.hand()
        email = "ada@alder.example"
        hand.do("found", slug="alder", email=email, password=PASSWORD, role="admin")
        self.gallery: str = hand.do("gallery", slug="alder", name="Custody")
        hand.close()
        self.port = free_port()
        self.web: subprocess.Popen[bytes] | None = None
        self.worker: Worker | None = None
        self.pages = Pages(self.port)
        self.start_web()
        wait_until(self.pages.answers, START_SECONDS)
        self.pages.log_in(email, PASSWORD)
        self.start_worker()

    # --- What is killed -------------------------------------------------------------------------

    def start_web(self) -> None:
        bind = ("--bind", f"127.0.0.1:{self.port}", "--processes", "1")
        self.web, _ = self.place.start("serve", *bind)

    def start_worker(self) -> None:
        self.worker = self.place.worker(processes=2)

    def kill_web(self) -> None:
        assert self.web is not None
        with suppress(ProcessLookupError):
            os.killpg(self.web.pid, signal.SIGKILL)
        self.web.wait()
        self.start_web()

    def kill_worker(self) -> None:
        assert self.worker is not None
        self.worker.kill_group()
        self.start_worker()

    def kill_database(self) -> None:
        self.place.world.postmaster().kill()

    def close(self) -> None:
        self.pages.close()
        assert self.web is not None
        self.web.terminate()
        self.web.wait(30)

    # --- The clerk ------------------------------------------------------------------------------

    def upload(self, data: bytes) -> str:
        """Open an import and send it in parts, each again until it has arrived; its page."""
        page = self._open(len(data))
        while (sent := self._standing(page)["received"]) < len(data):
            part = data[sent : sent + 2**20]
            with suppress(*AWAY):
                headers = {"Upload-Offset": str(sent), "X-CSRFToken": self._token()}
                url = f"{self.pages.root}{page}upload/"
                self.pages.session.put(url, data=part, headers=headers, timeout=20)
        return page

    def _open(self, size: int) -> str:
        """The same form again and again until an answer comes: it counts once."""
        address = f"/galleries/{self.gallery}/imports/new/"
        values: dict[str, str] = {
            "submission_key": str(uuid.uuid4()),
            "archive_name": "people.zip",
            "archive_size": str(size),
            "collected_on": "2026-01-02",
            "register": str(self.place.value("SELECT id FROM searches_sourceregister")),
        }
        for _ in self._patiently():
            with suppress(*AWAY):
                values["csrfmiddlewaretoken"] = self._token()
                headers = {"Accept": "application/json"}
                url = self.pages.root + address
                answer = self.pages.session.post(url, values, headers=headers, timeout=20)
                if answer.ok:
                    return str(answer.json()["page"])
        raise AssertionError("the import was not opened")

    def start(self, page: str) -> None:
        """Press the button until the import has started."""
        for _ in self._patiently():
            stage = self.progress()[0]
            if stage in ("running", "done"):
                return
            with suppress(*AWAY):
                values = {"csrfmiddlewaretoken": self._token()}
                self.pages.session.post(f"{self.pages.root}{page}start/", values, timeout=20)
            time.sleep(0.2)

    def wait_for(self, *stages: str) -> None:
        for _ in self._patiently():
            if self.progress()[0] in stages:
                return
            time.sleep(0.1)
        raise AssertionError(f"{self.progress()}\n{self.logs()}")

    def _standing(self, page: str) -> Any:
        for _ in self._patiently():
            with suppress(*AWAY, ValueError):
                answer = self.pages.session.get(f"{self.pages.root}{page}upload/", timeout=20)
                assert answer.ok
                return answer.json()
            time.sleep(0.1)
        raise AssertionError("the portal does not answer")

    def _token(self) -> str:
        answer = self.pages.session.get(f"{self.pages.root}/galleries/", timeout=20)
        found = TOKEN.search(answer.text)
        assert answer.ok
        assert found is not None
        return found[1]

    def _patiently(self) -> "list[int] | Any":
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            yield 0

    # --- What is there --------------------------------------------------------------------------

    def progress(self) -> tuple[str, float]:
        """The stage, and the share of it that is done; while the database is away, neither."""
        try:
            rows = self.place.rows(DONE)
        except psycopg.Error:
            return "", 0.0
        if not rows:
            return "", 0.0
        stage, size, received, files, checked, done = rows[0]
        parts = {"uploading": (received, size), "checking": (checked, files)}
        part, whole = parts.get(stage, (done, files))
        return str(stage), float(part) / float(whole or 1)

    def gallery_rows(self) -> list[Row]:
        hand = self.place.hand()
        known = hand.do("references", slug="alder")
        hand.close()
        rows = [(known[s], str(d), bytes(t)) for s, d, t in self.place.rows(IN_GALLERY)]
        return sorted(rows)

    def logs(self) -> str:
        return "\n".join(
            f"{path}\n{path.read_text()[-4000:]}" for path in (self.place.var / "log").iterdir()
        )
