"""Questions to hosts and their answers, through Celery: a group of tasks on the hosts' queues."""

import logging
import time
from collections.abc import Mapping
from typing import Any

from celery import current_app, group, signature
from celery.exceptions import TimeoutError as NoAnswer

from portal import tracing
from portal.tasks import ring_at
from searches.models import ScanQuestion
from searches.scan.answers import Answer
from searches.scan.files import Key
from searches.scan.hosts import queue_of
from searches.shards import Shard

logger = logging.getLogger(__name__)

LEAST_SECONDS = 0.001


def send(question: ScanQuestion, hosts: Mapping[Shard, str]) -> dict[Shard, Any]:
    """Ask hosts for their shards of a gallery; {} where the broker is away."""
    tasks = [
        signature(
            "searches.tasks.answer_scan",
            args=[question.agency_id, str(question.pk), shard.number, shard.count],
            app=current_app,
            queue=queue_of(name),
            headers=tracing.carried(),
        )
        for shard, name in hosts.items()
    ]
    if not tasks:
        return {}
    try:
        sent: Any = group(tasks, app=current_app).apply_async()
    except Exception as error:  # every broker has exceptions of its own
        logger.warning("hosts are not asked: %s", type(error).__name__)
        return {}
    return dict(zip(hosts, sent.results, strict=True))


def collect(sent: Mapping[Shard, Any], until: float) -> dict[Shard, Answer]:
    """The answers that come until then; what the broker kept of them is removed."""
    answers = {}
    for shard, result in sent.items():
        try:
            left = max(LEAST_SECONDS, until - time.monotonic())
            # The hosts answer with processes that never wait for others.
            said = result.get(timeout=left, propagate=False, disable_sync_subtasks=False)
            result.forget()
        except NoAnswer:
            continue
        except Exception as error:  # the broker went away
            logger.warning("no answer: %s", type(error).__name__)
            continue
        answer = Answer.from_json(said)
        if answer is not None:
            answers[shard] = answer
    return answers


def ask_to_hold(key: Key, name: str) -> None:
    """Ask a host to hold a gallery or a shard of it; a lost bell is rung at a later search."""
    ring_at(queue_of(name), "searches.tasks.hold_scan", key.agency, key.name)
