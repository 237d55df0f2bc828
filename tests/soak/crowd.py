"""Twenty users at once, from the first act to the last."""

import time

from tests.soak.browser import Analyst, Clerk
from tests.soak.programs import KINDS
from tests.soak.users import Hall, User

DUTIES: dict[str, type[User]] = {**KINDS, "analyst": Analyst, "clerk": Clerk}


class Crowd:
    def __init__(self, hall: Hall) -> None:
        self.hall = hall
        self.users: list[User] = [
            DUTIES[person.kind](hall, office, person)
            for office in hall.offices
            for person in office.people
        ]

    def start(self) -> None:
        for user in self.users:
            user.start()

    def join(self, seconds: float) -> None:
        """Until all is done, or for so long; then everybody goes home after the act at hand."""
        until = time.monotonic() + seconds
        for user in self.users:
            user.join(max(0.0, until - time.monotonic()))
        self.hall.work.stopped.set()
        for user in self.users:
            user.join()

    def complaints(self) -> list[str]:
        """What users met that ended their work."""
        return [f"{one.name}: {one.error!r}" for one in self.users if one.error is not None]
