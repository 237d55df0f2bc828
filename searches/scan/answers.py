"""What a host answers that is asked: the nearest of a shard that it holds, by their pictures."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from portal.tenancy import scope
from searches.scan import files
from searches.scan.files import Key
from searches.scan.nearest import scan
from searches.scan.questions import Asked, read_question
from searches.shards import Shard


@dataclass(frozen=True, slots=True)
class Answer:
    """The best picture of each of the nearest subjects of a shard, and how similar it is.

    Among how many templates, and how the scan was measured (files.State).
    """

    images: Mapping[UUID, float]
    templates: int
    recall: float
    measured_on: int
    measured_at: str
    reranked: int | None

    def as_json(self) -> dict[str, Any]:
        """What travels through the broker: ids and numbers."""
        images = {str(image): near for image, near in self.images.items()}
        values = [self.templates, self.recall, self.measured_on, self.reranked]
        return {"images": images, "values": values, "measured_at": self.measured_at}

    @classmethod
    def from_json(cls, said: Any) -> "Answer | None":
        """None for everything that is no answer."""
        try:
            images = {UUID(image): float(near) for image, near in said["images"].items()}
            measured_at = datetime.fromisoformat(said["measured_at"]).isoformat()
            templates, recall, *measured = said["values"]
            measured_on, reranked = map(int, measured)
            return cls(images, int(templates), float(recall), measured_on, measured_at, reranked)
        except (AttributeError, KeyError, TypeError, ValueError):
            return None


def answer(question_id: UUID, shard: Shard) -> Answer | None:
    """Answer a question of the current agency; None where this host cannot, or nobody waits."""
    asked = read_question(question_id)
    if asked is None:
        return None
    with scope(asked.key.agency):
        return answer_here(asked, shard)


def answer_here(asked: Asked, shard: Shard) -> Answer | None:
    """What this host has of a shard, in the scope of the gallery's agency; None: it holds none."""
    key = asked.key.part(shard)
    state = files.read_state(key)
    if state is None:
        return None
    found = scan(key, state, asked.probe, limit=asked.limit, excluded=asked.excluded)
    if found is None:
        return None
    images = {hit.image_id: hit.similarity for hit in found.hits}
    state = found.state  # perhaps a newer one
    measured = (state.recall, state.measured_on, state.measured_at, state.reranked)
    return Answer(images, found.templates, *measured)


def hold(key: Key) -> None:
    """Have the keeper of this host hold a gallery or a shard that it does not hold yet."""
    if files.read_state(key) is None:
        files.want(key)
