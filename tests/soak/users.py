"""What all users have in common: patience, and a note of everything."""

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import requests

from tests.soak.notes import Notes
from tests.soak.offices import Office, Person
from tests.soak.plan import Plan
from tests.soak.work import Work

PATIENCE = 300.0  # seconds that a user goes on trying for one answer, or waits for one outcome
TIMEOUT = 30.0
AWAY = (requests.RequestException,)
SERVER_ERROR, TOO_MANY = 500, 429

Ask = Callable[[], requests.Response]


class GaveUp(Exception):
    """No answer, or no outcome, for longer than anybody waits."""


@dataclass
class Hall:
    """What all users of a soak share."""

    port: int
    plan: Plan
    offices: list[Office]
    work: Work
    notes: Notes

    @property
    def root(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def others(self, office: Office) -> Office:
        return next(one for one in self.offices if one.agency != office.agency)


class User(threading.Thread):
    """One of twenty; `work` is what it does over and over, false when there is nothing left."""

    def __init__(self, hall: Hall, office: Office, person: Person) -> None:
        super().__init__(daemon=True, name=person.email)
        self.hall, self.office, self.person = hall, office, person
        self.notes = hall.notes
        self.dice = random.Random(f"{hall.plan.seed} {person.email}")
        self.session = requests.Session()
        self.error: BaseException | None = None

    def work(self) -> bool:
        raise NotImplementedError

    def run(self) -> None:
        try:
            while not self.hall.work.stopped.is_set() and self.work():
                pass
        except BaseException as error:  # told by the crowd, in whose thread it fails
            self.error = error
            self.hall.work.stopped.set()
        finally:
            self.session.close()

    def seed(self) -> int:
        return self.dice.randint(1, self.hall.plan.faces)

    def patiently(self, ask: Ask) -> requests.Response:
        """Ask until there is an answer that is not the server's excuse. Raises GaveUp."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            try:
                answer = ask()
            except AWAY as error:
                self.notes.count(type(error).__name__)
            else:
                self.notes.count(str(answer.status_code))
                if answer.status_code < SERVER_ERROR and answer.status_code != TOO_MANY:
                    return answer
            time.sleep(self.dice.uniform(0.1, 1.0))
        raise GaveUp(f"{self.person.email}: no answer")

    def until(self, what: str, found: Callable[[], Any]) -> Any:
        """What `found` gives once it gives anything. Raises GaveUp."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            if outcome := found():
                return outcome
            time.sleep(self.dice.uniform(0.2, 0.6))
        raise GaveUp(f"{self.person.email}: {what} had no outcome")

    def hold_apart(self, words: str) -> None:
        """Whatever is shown to this agency names nobody of the other."""
        other = f"{self.hall.others(self.office).slug.upper()}-0"
        if other in words:
            self.notes.object(f"{self.person.email} was shown a reference of the other agency")
