"""How `make test` spreads the tests over its lanes: processes with a database of their own each."""

from typing import Any
from zlib import crc32

import pytest
from xdist.scheduler import LoadScopeScheduling

# Their modules share what takes long to make: a portal with a browser, an agency and its callers.
TOGETHER = ("tests/browser/", "tests/api/")


class Lanes(LoadScopeScheduling):  # type: ignore[misc]
    """A lane takes a module after the other, and some folders as a whole."""

    def _split_scope(self, nodeid: str) -> str:
        return unit_of(nodeid)


def unit_of(nodeid: str) -> str:
    """What of the tests stays in one lane with this one."""
    folder = next((one for one in TOGETHER if nodeid.startswith(one)), "")
    return folder or nodeid.partition("::")[0]


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Lanes:
    return Lanes(config, log)


@pytest.hookimpl(trylast=True)  # after pytest-django, which splits modules
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """First what is undone in the database, so that it meets nothing which others have left there.

    Then the folders, which take longest, and all other modules in a mixed order: by their names all
    lanes would drive workers at once, and wait for them.
    """
    if not hasattr(config, "workerinput"):
        return
    commits = {unit_of(item.nodeid) for item in items if not _is_undone(item)} | set(TOGETHER)

    def turn(item: pytest.Item) -> tuple[bool, bool, int]:
        unit = unit_of(item.nodeid)
        return unit in commits, unit not in TOGETHER, crc32(unit.encode())

    items.sort(key=turn)


def _is_undone(item: pytest.Item) -> bool:
    fixtures = getattr(item, "fixturenames", ())
    return "db" in fixtures or item.get_closest_marker("django_db") is not None
