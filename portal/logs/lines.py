"""A line of the log: JSON, or plain for a developer; in both forms without content.

What people write may reach a log in three ways, and each is closed here for every logger at once:
the text of an exception (PostgreSQL repeats the row that it refuses), the arguments of a library's
message (Django's has the path, and with it the token of a link), and fields that somebody adds. So
an exception is its type and the places in the code; of libraries only the fixed words of a message
are written; and fields are a closed list. Candor's own messages hold ids and codes, which
tests/portal/test_logs.py proves by journeys with marked words.
"""

import json
import logging
import traceback
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from portal.logs.context import current

OURS = ("portal", "accounts", "searches", "evaluation", "galleries", "training", "oversight")
# What these say of their own state holds names of hosts and of tasks, and nothing of a request.
OF_THE_MACHINERY = ("celery.apps", "celery.beat", "celery.worker", "kombu", "gunicorn.error")
# Whose fixed words say nothing.
IN_OUR_WORDS = {"django.request": "request failed"}
# What a message may carry beside the ids: see portal/logs/middleware.py and portal/tasks.py.
FIELDS = ("view", "method", "status", "about", "outcome", "stage", "code", "ms")
MOST_PLACES = 12
"""How many places in the code are named of one exception: the innermost of ours, and the last."""
LAST_PLACES = 3
"""So many are named whoever's they are."""

_BASE = Path(__file__).resolve().parents[2]


class JsonLine(logging.Formatter):
    """One JSON object a line, keys in a fixed order."""

    def format(self, record: logging.LogRecord) -> str:
        return json.dumps(facts(record), ensure_ascii=False, default=str)


class PlainLine(logging.Formatter):
    """The same for eyes: time, level, logger, words, then key=value; an exception below it."""

    def format(self, record: logging.LogRecord) -> str:
        found = facts(record)
        error = found.pop("error", None)
        head = " ".join(str(found.pop(key)) for key in ("time", "level", "logger", "message"))
        line = " ".join([head, *(f"{key}={value}" for key, value in found.items())])
        if error is None:
            return line
        return "\n".join([f"{line} error={error['type']}", *(f"    {at}" for at in error["at"])])


def facts(record: logging.LogRecord) -> dict[str, Any]:
    """What is written of a record."""
    found: dict[str, Any] = {
        "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
        "level": record.levelname,
        "logger": record.name,
        "message": words_of(record),
        **current(),
    }
    found |= {name: getattr(record, name) for name in FIELDS if hasattr(record, name)}
    _kind, error, trace = record.exc_info or (None, None, None)
    if error is not None:
        found["error"] = error_facts(error, trace)
    return found


def words_of(record: logging.LogRecord) -> str:
    """The message in full where its arguments are known to be harmless, else its fixed words.

    A library's message without arguments may have been put together before: Django's of a wrong
    Host header is. Of it there is only the place in the code.
    """
    if record.name in IN_OUR_WORDS:
        return IN_OUR_WORDS[record.name]
    if record.name.split(".")[0] in OURS:
        return record.getMessage()
    if record.name.startswith(OF_THE_MACHINERY) and record.levelno < logging.ERROR:
        return record.getMessage()
    if isinstance(record.msg, str) and record.args:
        return record.msg
    return f"see {_place(record.pathname)}:{record.lineno}"


def error_facts(error: BaseException, trace: TracebackType | None) -> dict[str, Any]:
    """Type and causes of an exception and where it was raised; never its text."""
    kinds: list[str] = []
    seen: BaseException | None = error
    while seen is not None and len(kinds) < MOST_PLACES:
        kinds.append(f"{type(seen).__module__}.{type(seen).__qualname__}".removeprefix("builtins."))
        seen = seen.__cause__ or seen.__context__
    places = [
        f"{_place(at.filename)}:{at.lineno} in {at.name}" for at in traceback.extract_tb(trace)
    ]
    ours = [place for place in places[:-LAST_PLACES] if place.startswith(OURS)]
    shown = [*ours[-MOST_PLACES + LAST_PLACES :], *places[-LAST_PLACES:]]
    return {"type": kinds[0], "causes": kinds[1:], "at": shown}


def _place(filename: str) -> str:
    """A path from the top of Candor, or from a library's package folder."""
    path = Path(filename)
    if "site-packages" in path.parts:
        return "/".join(path.parts[path.parts.index("site-packages") + 1 :])
    return str(path.relative_to(_BASE)) if path.is_relative_to(_BASE) else path.name
