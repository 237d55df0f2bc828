"""The numbers of all processes of this host as Prometheus reads them.

The file of a process that has ended is added to one common file: its counts must not vanish, which
Prometheus would take for a restart, and workers renew their processes all the time.
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil  # type: ignore[import-untyped]
from django.conf import settings

from portal.metrics.instruments import REGISTRY

# isort: split
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.mmap_dict import MmapedDict
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
ENDED = "ended"


def exposition(*collectors: Collector) -> bytes:
    """The text of all numbers, with those of further collectors after them."""
    if not settings.METRICS:
        return generate_latest(REGISTRY) + _text_of(collectors)
    folder = Path(settings.METRICS_DIR)
    with _alone(folder):
        add_up_ended(folder)
        processes = CollectorRegistry()
        MultiProcessCollector(processes, path=str(folder))  # type: ignore[no-untyped-call]
        counted = generate_latest(processes)
    return counted + _text_of(collectors)


def add_up_ended(folder: Path) -> int:
    """Add the files of processes that are gone to the common ones; returns how many there were."""
    gone = [
        path
        for path in folder.glob("*_*.db")
        if (number := path.stem.rpartition("_")[2]).isdigit() and not psutil.pid_exists(int(number))
    ]
    for kind in {path.stem.rpartition("_")[0] for path in gone}:
        mine = [path for path in gone if path.stem.rpartition("_")[0] == kind]
        _write_sum(folder / f"{kind}_{ENDED}.db", mine)
    return len(gone)


def _write_sum(common: Path, gone: list[Path]) -> None:
    """A new common file in the place of the old one; then the files that it holds now are removed.

    The library pads keys, which would be padded again: they are compared without.
    """
    totals: dict[str, float] = {}
    for path in [*gone, *([common] if common.exists() else [])]:
        for key, value, _, _ in MmapedDict.read_all_values_from_file(str(path)):  # type: ignore[no-untyped-call]
            totals[key.rstrip()] = totals.get(key.rstrip(), 0.0) + value
    fresh = common.with_suffix(".part")
    fresh.unlink(missing_ok=True)
    sums = MmapedDict(str(fresh))  # type: ignore[no-untyped-call]
    for key, total in totals.items():
        sums.write_value(key, total, 0.0)  # type: ignore[no-untyped-call]
    sums.close()  # type: ignore[no-untyped-call]
    fresh.rename(common)
    for path in gone:
        path.unlink(missing_ok=True)


def _text_of(collectors: tuple[Collector, ...]) -> bytes:
    registry = CollectorRegistry()
    for collector in collectors:
        registry.register(collector)
    return generate_latest(registry)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """No two readers of one host at a time: each may add up."""
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
