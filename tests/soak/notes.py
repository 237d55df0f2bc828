"""What users were answered: what was accepted, what was refused, and what they should not see."""

import threading
from collections import Counter
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Sent:
    """A request that is to count once; `key` is the submission key of its row.

    `pk` is what the portal answered; refused ones have a `code` instead, and unanswered ones
    neither.
    """

    kind: str
    agency: int
    pk: str = ""
    code: str = ""


@dataclass
class Notes:
    """Shared by all users."""

    sent: dict[str, Sent] = field(default_factory=dict)
    submitted: dict[str, int] = field(default_factory=dict)
    """Examinations whose submission was accepted, with their agency."""
    wrong: list[str] = field(default_factory=list)
    """What no user may ever see, in words."""
    answers: Counter[str] = field(default_factory=Counter)
    _mutex: threading.Lock = field(default_factory=threading.Lock)

    def send(self, kind: str, agency: int, key: str) -> None:
        with self._mutex:
            self.sent.setdefault(key, Sent(kind, agency))

    def accept(self, kind: str, agency: int, key: str, pk: str) -> None:
        """The portal has taken it; asked again, it has to answer the same."""
        with self._mutex:
            before = self.sent.get(key)
            if before is not None and (before.code or before.pk not in ("", pk)):
                self.wrong.append(
                    f"{kind} {key} was answered {before.pk or before.code}, then {pk}"
                )
            self.sent[key] = Sent(kind, agency, pk)

    def refuse(self, kind: str, agency: int, key: str, code: str) -> None:
        with self._mutex:
            before = self.sent.get(key)
            if before is not None and before.pk:
                self.wrong.append(f"{kind} {key} was answered {before.pk}, then {code}")
            self.sent[key] = Sent(kind, agency, code=code)

    def submit(self, examination: str, agency: int) -> None:
        with self._mutex:
            self.submitted[examination] = agency

    def object(self, words: str) -> None:
        with self._mutex:
            self.wrong.append(words)

    def count(self, answer: str) -> None:
        with self._mutex:
            self.answers[answer] += 1

    def accepted(self, kind: str, agency: int) -> list[str]:
        """What the portal has taken of an agency, by id."""
        with self._mutex:
            return [
                one.pk
                for one in self.sent.values()
                if one.pk and (one.kind, one.agency) == (kind, agency)
            ]
