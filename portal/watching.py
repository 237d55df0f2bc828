"""Watching a piece of work: its line in the log, its time in the metrics, its span in the trace."""

import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Literal
from uuid import UUID

from portal import tracing
from portal.logs.context import working
from portal.metrics import instruments

logger = logging.getLogger("portal.work")

SearchStage = Literal["permit", "embed", "compare", "keep"]
EngineStep = Literal["detect", "embed"]


@contextmanager
def watched_task(
    name: str, args: Sequence[Any], headers: Mapping[str, str] | None = None
) -> Iterator[None]:
    """A task of a worker. Tasks of an agency have its id first, and then that of their job.

    What the clock asks for all agencies is logged as DEBUG: most of it finds nothing to do.
    """
    agency = args[0] if args and isinstance(args[0], int) else None
    job = next((str(given) for given in args[1:2] if _is_uuid(given)), None)
    began, outcome = time.perf_counter(), "done"
    with (
        working(task=name, agency=agency, job=job),
        tracing.span(f"task {name}", headers, task=name, agency=agency, job=job),
    ):
        try:
            yield
        except Exception:
            outcome = "failed"
            logger.exception("task failed")
            raise
        finally:
            seconds = time.perf_counter() - began
            instruments.TASK_SECONDS.labels(name, outcome).observe(seconds)
            level = logging.DEBUG if agency is None else logging.INFO
            logger.log(level, "task", extra={"outcome": outcome, "ms": round(seconds * 1000)})


@contextmanager
def search_stage(stage: SearchStage) -> Iterator[None]:
    """One part of a search, whatever comes of it."""
    began = time.perf_counter()
    with tracing.span(f"search {stage}", stage=stage):
        try:
            yield
        finally:
            instruments.SEARCH_STAGE_SECONDS.labels(stage).observe(time.perf_counter() - began)


@contextmanager
def engine_step(engine: str, step: EngineStep) -> Iterator[None]:
    """One picture in an engine; `engine` is one of the registered names."""
    began = time.perf_counter()
    with tracing.span(f"engine {step}", stage=step):
        yield
    instruments.ENGINE_SECONDS.labels(engine, step).observe(time.perf_counter() - began)


def _is_uuid(given: object) -> bool:
    try:
        return bool(UUID(str(given)))
    except ValueError:
        return False
