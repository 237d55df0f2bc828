"""People with a browser: they log in with a second factor, look around, search or enrol."""

import re
import uuid
from functools import partial
from typing import Any

import requests

from tests.factories import CAPTURE_FIELDS, GROUNDS_FIELDS
from tests.searches.pages import FIELD
from tests.second_factor import next_code
from tests.soak.pictures import drawn, reference
from tests.soak.plan import PASSWORD
from tests.soak.users import AWAY, TIMEOUT, User

TOKEN = "csrfmiddlewaretoken"
ENDS = re.compile(r"/(?:probes|searches|enrolments)/([0-9a-f-]{36})/$")
FORMS = 5
OK, FOUND, FORBIDDEN, NOT_FOUND, INVALID = 200, 302, 403, 404, 422
LOOKS = ("/", "/cases/", "/searches/", "/galleries/", "/work/")


class Browser(User):
    """A person; whoever is logged out logs in again and goes on."""

    def get(self, path: str, **headers: str) -> requests.Response:
        while True:
            url = self.hall.root + path
            ask = partial(self.session.get, url, headers=headers, timeout=TIMEOUT)
            answer = self.patiently(partial(ask, allow_redirects=False))
            if not _is_door(answer):
                return answer
            self._log_in()

    def post(
        self, path: str, values: dict[str, Any], picture: bytes | None = None
    ) -> requests.Response:
        """Send a form of the page at `path` until it is answered; its redirect is not followed."""
        for _ in range(FORMS):
            filled = values | {TOKEN: self._token(path)}
            answer = self.patiently(partial(self._send, path, filled, picture))
            # Somebody who was logged out meanwhile has a form of the session before.
            if not _is_door(answer) and answer.status_code != FORBIDDEN:
                break
        return answer

    def _send(self, path: str, values: dict[str, Any], picture: bytes | None) -> requests.Response:
        return self.session.post(
            self.hall.root + path,
            values,
            files=None if picture is None else {"picture": ("face.jpg", picture, "image/jpeg")},
            timeout=TIMEOUT,
            allow_redirects=False,
        )

    def _token(self, path: str) -> str:
        fields: dict[str, str] = dict(FIELD.findall(self.get(path).text))
        return fields.get(TOKEN, "")

    def _log_in(self) -> None:
        self.until("a log-in", self._is_let_in)

    def _is_let_in(self) -> bool:
        """Password, code and notice, each sent once: a code that was used is wrong afterwards."""
        self.session.cookies.clear()
        email = self.person.email
        try:
            return (
                self._pass("/login/", {"login": email, "password": PASSWORD})
                and self._pass("/login/factor/", {"code": next_code(email)})
                and self._pass("/agency/notice/", {"answer": "accept"})
            )
        except AWAY as error:
            self.notes.count(type(error).__name__)
            return False

    def _pass(self, path: str, values: dict[str, str]) -> bool:
        fields = dict(FIELD.findall(self._page(path).text))
        answer = self._send(path, fields | values, None)
        self.notes.count(str(answer.status_code))
        return answer.status_code == FOUND

    def _page(self, path: str) -> requests.Response:
        return self.session.get(self.hall.root + path, timeout=TIMEOUT, allow_redirects=False)

    def submit(
        self, kind: str, path: str, values: dict[str, Any], picture: bytes | None = None
    ) -> str:
        """A form that counts once, sent; the id that the portal gave it, or "" when refused."""
        key = str(uuid.uuid4())
        agency = self.office.agency
        self.notes.send(kind, agency, key)
        for _ in range(2 if self.dice.random() < 0.2 else 1):  # whoever is impatient clicks twice
            answer = self.post(path, values | {"submission_key": key}, picture)
            if answer.status_code == FOUND:
                found = ENDS.search(answer.headers["Location"])
                assert found is not None, answer.headers["Location"]
                self.notes.accept(kind, agency, key, found[1])
            elif answer.status_code in (INVALID, NOT_FOUND):
                self.notes.refuse(kind, agency, key, str(answer.status_code))
            else:
                self.notes.object(f"{kind} by {self.person.email}: {answer.status_code}")
        return self.notes.sent[key].pk

    def look_around(self) -> None:
        path = self.dice.choice(LOOKS)
        page = self.get(path)
        if page.status_code not in (OK, FORBIDDEN):
            self.notes.object(f"{path} for {self.person.email}: {page.status_code}")
        self.hold_apart(page.text)

    def try_the_other_door(self, kind: str, where: str) -> None:
        """What belongs to the other agency does not exist."""
        theirs = self.notes.accepted(kind, self.hall.others(self.office).agency)
        if theirs:
            path = f"/{where}/{self.dice.choice(theirs)}/"
            if (status := self.get(path).status_code) != NOT_FOUND:
                self.notes.object(f"{path} of the other agency: {status}")


def _is_door(answer: requests.Response) -> bool:
    """Whether a log-in or a notice is asked for instead."""
    where = answer.headers.get("Location", "")
    return answer.status_code == FOUND and ("/login/" in where or "/agency/notice/" in where)


class Analyst(Browser):
    """Uploads a picture into a case, waits for its face, and searches for it."""

    def work(self) -> bool:
        if not self.hall.work.take("search"):
            return False
        self.look_around()
        probe = self._probe()
        self.until("a probe", lambda: self._is_over(f"/probes/{probe}/progress/"))
        search = self._search(probe)
        if search:
            self.until("a search", lambda: self._is_over(f"/searches/{search}/"))
            self.hold_apart(self.get(f"/searches/{search}/").text)
        self.try_the_other_door("search", "searches")
        self.hall.work.finish()
        return True

    def _probe(self) -> str:
        path = f"/cases/{self.office.cases[self.person.email]}/probe/"
        if self.dice.random() < 0.1:
            refused = self.submit("probe", path, CAPTURE_FIELDS, b"no picture")
            if refused:
                self.notes.object("a probe that is no picture was accepted")
        picture = drawn(self.seed(), self.hall.work.number())
        return self.submit("probe", path, CAPTURE_FIELDS, picture)

    def _search(self, probe: str) -> str:
        values = {"face": "0", "galleries": self.office.gallery, "limit": "2"}
        said = values | {"purpose": "missing_person"} | GROUNDS_FIELDS
        if self.dice.random() < 0.1:
            wrong = said | {"galleries": self.hall.others(self.office).gallery}
            if self.submit("search", f"/probes/{probe}/", wrong):
                self.notes.object("a search in the gallery of the other agency was accepted")
        return self.submit("search", f"/probes/{probe}/", said)

    def _is_over(self, path: str) -> bool:
        """Asked as the page asks: the answer tells it to load itself anew once there is one."""
        return self.get(path, **{"HX-Request": "true"}).headers.get("HX-Refresh") == "true"


class Clerk(Browser):
    """Enrols one picture after another on the page of the gallery, and sees what becomes of it."""

    def work(self) -> bool:
        if not self.hall.work.take("enrol"):
            return False
        self.look_around()
        seed = self.seed()
        values = {
            "reference": reference(self.office.slug, seed),
            "register": self.office.register,
            "collected_on": "2026-01-02",
        }
        picture = drawn(seed, self.hall.work.number())
        path = f"/galleries/{self.office.gallery}/enrol/"
        made = self.submit("enrolment", path, values, picture)
        if made:
            self.until("an enrolment", lambda: self._is_over(f"/enrolments/{made}/"))
        self.try_the_other_door("enrolment", "enrolments")
        self.hall.work.finish()
        return True

    def _is_over(self, path: str) -> bool:
        """The page asks again for as long as it says so itself."""
        page = self.get(path, **{"HX-Request": "true"})
        return page.status_code == OK and "hx-trigger" not in page.text
