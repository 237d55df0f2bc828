"""What enrolment asks of the queue in which people decide. The app above says who answers."""

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from searches.models import Enrolment, Subject
from searches.vectors import Hit


class ReviewQueue(Protocol):
    def told_apart(self, subject: Subject, others: Sequence[UUID]) -> set[UUID]:
        """Those of the others of whom a person said before that they are somebody else."""

    def add_held(self, enrolment: Enrolment, hit: Hit, *, least: float, scale: str) -> None:
        """Have a person decide on a held picture, in the open transaction.

        It was at least `least` similar on the `scale` of this name.
        """


_queues: list[ReviewQueue] = []


def review_by(queue: ReviewQueue) -> None:
    """Say who keeps the queue; the last one counts."""
    _queues.append(queue)


def review_queue() -> ReviewQueue:
    return _queues[-1]
