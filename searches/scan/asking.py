"""A gallery that other hosts hold: they are asked all at once, and PostgreSQL has the last word.

Each host gives the nearest subjects of its shard by their pictures, exactly as a host does that
holds the whole gallery (nearest.py). The nearest of all shards are the nearest of the gallery:
whoever is among the first of the gallery is among the first of a shard. PostgreSQL is asked once
more about all of them, so an answer can bring in nobody who may not be on the list. A shard that
nobody answers for in time is compared in SQL.
"""

import logging
import random
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
from django.conf import settings
from numpy.typing import NDArray

from searches.models import Search
from searches.scan import hosts
from searches.scan.answers import Answer, answer_here
from searches.scan.calling import call
from searches.scan.files import Key, read_state
from searches.scan.hosts import Holding
from searches.scan.questions import Asked, question
from searches.scan.sending import collect, send
from searches.shards import Shard
from searches.vectors import Hit, count_templates, hits_of_images, nearest_subjects

logger = logging.getLogger(__name__)

ROUNDS = 2
"""A shard that its host does not answer for is asked of another one that holds it, once."""
DEAF_SECONDS = 10.0
"""A host that did not answer is not asked for so long: SQL compares what nobody else holds."""
HERE = ""
_deaf: dict[str, float] = {}


@dataclass(frozen=True, slots=True)
class Answered:
    """The list of a gallery that several hosts compared, among how many templates, and how."""

    hits: list[Hit]
    templates: int
    answers: Mapping[Shard, Answer]


def ask(
    search: Search, key: Key, probe: NDArray[np.float32], *, limit: int, excluded: Sequence[UUID]
) -> Answered | None:
    """The list that `nearest_subjects` gives of a gallery; None: it has to be asked.

    For a running search, in the scope of the gallery's agency and in autocommit.
    """
    holding = hosts.holding_of(key) if hosts.live_hosts() else None
    if holding is None:
        return None
    call(key, holding.templates, holding)  # where a copy is missing
    answers = _answers(search, Asked(key, probe, excluded, limit), holding)
    hits = _confirmed(key, probe, answers) if answers else None
    if hits is None:
        return None
    templates = sum(answer.templates for answer in answers.values())
    place: Any = {"contract_pk": key.contract, "galleries": [key.gallery], "excluded": excluded}
    for shard in sorted(holding.hosts.keys() - answers.keys()):
        logger.warning("shard %d of %s is compared in SQL", shard.number, key.name)
        hits += nearest_subjects(probe, limit=limit, shard=shard, **place)
        templates += count_templates(shard=shard, **place)
    return Answered(_best(hits)[:limit], templates, answers)


def _answers(search: Search, asked: Asked, holding: Holding) -> dict[Shard, Answer]:
    """What the hosts say, and this one where it holds a shard itself."""
    answers: dict[Shard, Answer] = {}
    tried: set[tuple[Shard, str]] = set()
    with ExitStack() as stack:
        row = None
        for _ in range(ROUNDS):
            chosen = _chosen(asked.key, holding, answers, tried)
            tried |= set(chosen.items())
            there = {shard: name for shard, name in chosen.items() if name != HERE}
            if there and row is None:
                row = stack.enter_context(question(search, asked))
            sent = send(row, there) if row is not None else {}
            until = time.monotonic() + settings.SCAN_ANSWER_SECONDS
            for shard in chosen.keys() - there.keys():
                if (found := answer_here(asked, shard)) is not None:
                    answers[shard] = found
            answers |= collect(sent, until)
            _mark_deaf({there[shard] for shard in there.keys() - answers.keys()})
            if len(answers) == holding.count:
                break
    return answers


def _chosen(
    key: Key, holding: Holding, answers: Mapping[Shard, Answer], tried: set[tuple[Shard, str]]
) -> dict[Shard, str]:
    """Who compares each shard that nobody has answered for: this host, or one that is asked."""
    now = time.monotonic()
    chosen: dict[Shard, str] = {}
    for shard in holding.hosts.keys() - answers.keys():
        names = [name for name in holding.hosts[shard] if (shard, name) not in tried]
        names = [name for name in names if _deaf.get(name, 0.0) <= now]
        if (shard, HERE) not in tried and read_state(key.part(shard)) is not None:
            chosen[shard] = HERE
        elif names:
            chosen[shard] = random.choice(names)  # noqa: S311 - to spread the load
    return chosen


def _mark_deaf(names: Iterable[str]) -> None:
    for name in names:
        logger.warning("host %s gave no answer", name)
        _deaf[name] = time.monotonic() + DEAF_SECONDS


def _confirmed(
    key: Key, probe: NDArray[np.float32], answers: Mapping[Shard, Answer]
) -> list[Hit] | None:
    """What PostgreSQL says of the pictures in the answers; None where it says otherwise.

    Then the gallery changed in the meantime: a picture went, or a subject became another one's, and
    others would have been among the nearest. Or a host answered for pictures that are not in its
    shard, and what another one says of them must not pass for its own.
    """
    every = list(answers.values())
    claimed = {image: near for answer in every for image, near in answer.images.items()}
    if not all(shard.has_image(image) for shard in answers for image in answers[shard].images):
        logger.warning("a host answered for another shard of %s", key.name)
        return None
    hits = hits_of_images(probe, list(claimed), contract_pk=key.contract, gallery_id=key.gallery)
    subjects = {hit.image_id: hit.subject_id for hit in hits}
    same = {hit.image_id: hit.similarity for hit in hits} == claimed
    if same and all(
        len({subjects[image] for image in answer.images}) == len(answer.images) for answer in every
    ):
        return hits
    logger.info("%s changed while it was searched", key.name)
    return None


def _best(hits: Iterable[Hit]) -> list[Hit]:
    """Each subject once, with its best picture, in the order of the exact search."""
    best: dict[UUID, Hit] = {}
    for hit in sorted(hits, key=lambda hit: (-hit.similarity, hit.subject_id, hit.image_id)):
        best.setdefault(hit.subject_id, hit)
    return list(best.values())
