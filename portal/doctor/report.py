"""Running the checks one after the other, so that one broken part does not hide the others."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from portal.doctor import database, decoders, faces, files, lags, memory, queue, watching
from portal.doctor.problems import Advice, Problem


class Level(StrEnum):
    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found; `remedy` says what to do unless all is well."""

    part: str
    level: Level
    detail: str
    remedy: str = ""


CHECKS: list[tuple[str, Callable[[], str]]] = [
    ("database", database.check_server),
    ("pgvector", database.check_extension),
    ("migrations", database.check_migrations),
    ("app role", database.check_role),
    ("row-level security", database.check_row_security),
    ("server log", database.check_log),
    ("broker", queue.check_broker),
    ("worker", queue.check_worker),
    ("file store", files.check_store),
    ("erasure journal", files.check_journal),
    ("keys", files.check_keys),
    ("master key", files.check_master_key),
    ("signing key", files.signing_key),
    ("decoders", decoders.check_decoders),
    ("engine", faces.check_engine),
    ("model licence", faces.check_licence),
    ("second engine", faces.check_second_engine),
    ("its licence", faces.check_second_licence),
    ("memory of galleries", memory.check_memory),
    ("queue", lags.check_queue),
    ("record", lags.check_record),
    ("retention", lags.check_retention),
    ("metrics", watching.check_metrics),
    ("traces", watching.check_traces),
]


def examine() -> Iterator[Finding]:
    """The findings of all checks, in the order in which parts depend on each other."""
    for part, check in CHECKS:
        try:
            yield Finding(part, Level.OK, check())
        except Advice as advice:
            yield Finding(part, Level.WARNING, advice.detail, advice.remedy)
        except Problem as problem:
            yield Finding(part, Level.FAILED, problem.detail, problem.remedy)
        except Exception as error:  # a check of a broken part may fail in any way
            kind = type(error).__name__
            yield Finding(part, Level.FAILED, f"{kind}: {error}", "See docs/operations.md")
