"""What is left to do: users take one act after another until there is none."""

import threading
from collections import Counter

from tests.soak.plan import Plan


class Work:
    """Shared by all users of both agencies."""

    def __init__(self, plan: Plan) -> None:
        self._left = Counter(
            search=plan.searches, enrol=plan.enrolments - plan.imported, imported=plan.imported
        )
        self._total = plan.acts
        self._done = 0
        self._numbers = 0
        self._mutex = threading.Lock()
        self.stopped = threading.Event()
        """Set when users are to go home, whatever is left."""

    def take(self, kind: str, quantity: int = 1) -> bool:
        """Whether there is so much of it left; it is the caller's then."""
        with self._mutex:
            if self.stopped.is_set() or self._left[kind] < quantity:
                return False
            self._left[kind] -= quantity
            return True

    def finish(self, quantity: int = 1) -> None:
        with self._mutex:
            self._done += quantity

    def number(self) -> int:
        """Another one each time: for the comments of pictures."""
        with self._mutex:
            self._numbers += 1
            return self._numbers

    @property
    def done(self) -> int:
        return self._done

    @property
    def share(self) -> float:
        return self._done / self._total
