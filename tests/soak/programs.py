"""Programs with a token: they search, enrol, import and examine, each request once by its key."""

import io
import time
import uuid
import zipfile
from typing import Any

import requests

from accounts.rest.views import NAMESPACE
from tests.factories import CAPTURE_FIELDS, GROUNDS_FIELDS
from tests.soak.pictures import drawn, reference
from tests.soak.users import PATIENCE, TIMEOUT, GaveUp, User

REFUSED = (400, 403, 404, 409, 410, 413, 422)
PART = 2**20
OPEN = ("queued", "running")


class Program(User):
    def call(self, method: str, path: str, **more: Any) -> requests.Response:
        """A request below /api/v1/, again and again with the same key until it is answered."""
        headers = {"Authorization": f"Bearer {self.person.token}", **more.pop("headers", {})}
        if method == "POST":
            headers.setdefault("Idempotency-Key", str(uuid.uuid4()))
        url = f"{self.hall.root}/api/v1/{path}"
        answer = self.patiently(
            lambda: self.session.request(method, url, headers=headers, timeout=TIMEOUT, **more)
        )
        self.hold_apart(answer.text)
        return answer

    def submit(self, kind: str, path: str, **more: Any) -> str:
        """A POST that counts once; the id that the portal gave it, or "" when refused."""
        name, agency = str(uuid.uuid4()), self.office.agency
        key = str(uuid.uuid5(NAMESPACE, f"{self.person.token_pk}:{name}"))
        self.notes.send(kind, agency, key)
        for _ in range(2 if self.dice.random() < 0.2 else 1):  # as after a lost answer
            answer = self.call("POST", path, headers={"Idempotency-Key": name}, **more)
            if answer.status_code == 201:
                self.notes.accept(kind, agency, key, answer.json()["id"])
            elif answer.status_code in REFUSED:
                self.notes.refuse(kind, agency, key, answer.json()["code"])
            else:
                self.notes.object(f"{kind} by {self.person.email}: {answer.status_code}")
        return self.notes.sent[key].pk

    def try_the_other_door(self, kind: str, where: str) -> None:
        theirs = self.notes.accepted(kind, self.hall.others(self.office).agency)
        if theirs:
            path = f"{where}/{self.dice.choice(theirs)}/"
            if (status := self.call("GET", path).status_code) != 404:
                self.notes.object(f"{path} of the other agency: {status}")

    def outcome(self, kind: str, path: str) -> Any:
        """Of a job, once it is closed."""

        def closed() -> Any:
            said = self.call("GET", path).json()
            return None if said["state"] in OPEN else said

        return self.until(kind, closed)


class Searching(Program):
    """Uploads a picture, waits for its face, and searches for it."""

    def work(self) -> bool:
        if not self.hall.work.take("search"):
            return False
        probe = self._probe()
        self.outcome("a probe", f"probes/{probe}/")
        search = self._search(probe)
        if search:
            self.outcome("a search", f"searches/{search}/")
        self.call("GET", self.dice.choice(["searches/?page_size=20", "cases/", "galleries/"]))
        self.try_the_other_door("search", "searches")
        self.hall.work.finish()
        return True

    def _probe(self) -> str:
        path = f"cases/{self.office.cases[self.person.email]}/probes/"
        if self.dice.random() < 0.1 and self._upload(path, b"no picture"):
            self.notes.object("a probe that is no picture was accepted")
        return self._upload(path, drawn(self.seed(), self.hall.work.number()))

    def _upload(self, path: str, picture: bytes) -> str:
        files = {"picture": ("face.jpg", picture, "image/jpeg")}
        return self.submit("probe", path, data=CAPTURE_FIELDS, files=files)

    def _search(self, probe: str) -> str:
        said = {"probe": probe, "face": 0, "purpose": "missing_person", "limit": 2}
        said |= {"galleries": [self.office.gallery], **GROUNDS_FIELDS}
        if self.dice.random() < 0.1:
            wrong = said | {"galleries": [self.hall.others(self.office).gallery]}
            if self.submit("search", "searches/", json=wrong):
                self.notes.object("a search in the gallery of the other agency was accepted")
        return self.submit("search", "searches/", json=said)


class Enrolling(Program):
    """Enrols one picture after another."""

    def work(self) -> bool:
        if not self.hall.work.take("enrol"):
            return False
        seed = self.seed()
        values = {
            "reference": reference(self.office.slug, seed),
            "register": self.office.register,
            "collected_on": "2026-01-02",
        }
        files = {"picture": ("face.jpg", drawn(seed, self.hall.work.number()), "image/jpeg")}
        path = f"galleries/{self.office.gallery}/enrolments/"
        made = self.submit("enrolment", path, data=values, files=files)
        if made:
            self.outcome("an enrolment", f"enrolments/{made}/")
        self.try_the_other_door("enrolment", "enrolments")
        self.hall.work.finish()
        return True


class Importing(Program):
    """Imports a ZIP file of pictures: opens, uploads in parts, starts, waits for the end."""

    def work(self) -> bool:
        size = self.hall.plan.archive
        if not self.hall.work.take("imported", size):
            return False
        data = self._archive(size)
        said = {"register": self.office.register, "collected_on": "2026-01-02"}
        said |= {"name": "people.zip", "size": str(len(data))}
        path = f"galleries/{self.office.gallery}/imports/"
        batch = f"imports/{self.submit('import', path, json=said)}/"
        self._upload(batch, data)
        self._reach(batch, "ready")
        while self._stage(batch) == "ready":
            self.call("POST", f"{batch}start/")
        self._reach(batch, "done")
        self.hall.work.finish(size)
        return True

    def _archive(self, size: int) -> bytes:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
            for number in range(size):
                seed = self.seed()
                name = f"{reference(self.office.slug, seed)}/{number:05d}.jpg"
                archive.writestr(name, drawn(seed, self.hall.work.number()))
        return out.getvalue()

    def _upload(self, batch: str, data: bytes) -> None:
        while (sent := self.call("GET", batch).json()["received"]) < len(data):
            headers = {"Upload-Offset": str(sent), "Content-Type": "application/octet-stream"}
            self.call("PUT", batch, data=data[sent : sent + PART], headers=headers)

    def _stage(self, batch: str) -> str:
        return str(self.call("GET", batch).json()["stage"])

    def _reach(self, batch: str, stage: str) -> None:
        """However long it takes, as long as it goes on. Raises GaveUp."""
        last, seen = "", time.monotonic()
        while (said := self.call("GET", batch).json())["stage"] != stage:
            if (now := f"{said['stage']} {said['progress']['done']}") != last:
                last, seen = now, time.monotonic()
            elif time.monotonic() - seen > PATIENCE:
                raise GaveUp(f"{self.person.email}: {batch} stays at {now}")
            time.sleep(self.dice.uniform(0.3, 0.8))


class Examiner(Program):
    """Takes what waits for an examiner and finds that everybody is somebody else."""

    def work(self) -> bool:
        waiting = self.call("GET", "examinations/waiting/").json()["results"]
        if not waiting:
            time.sleep(1)
            return self.hall.work.share < 1
        search = self.dice.choice(waiting)["search"]
        taken = self.call("POST", f"searches/{search}/examinations/")
        if taken.status_code == 201:  # otherwise the other examiner came first
            self._examine(taken.json()["id"])
        return True

    def _examine(self, pk: str) -> None:
        said = {"disposition": "excluded", "features": {"nose": "dissimilar"}}
        for face in self.call("GET", f"examinations/{pk}/").json()["faces"]:
            self.call("PUT", f"examinations/{pk}/faces/{face['position']}/", json=said)
        answer = self.call("POST", f"examinations/{pk}/submit/")
        if answer.status_code == 200:
            self.notes.submit(pk, self.office.agency)
        else:
            self.notes.object(f"examination {pk}: {answer.status_code} {answer.text[:200]}")


KINDS: dict[str, type[User]] = {
    "searching program": Searching,
    "enrolling program": Enrolling,
    "importing program": Importing,
    "examiner": Examiner,
}
