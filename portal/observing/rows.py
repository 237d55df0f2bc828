"""Numbers that lie in the database, read when somebody asks; the same from every process."""

from collections.abc import Iterable

from django.db import DatabaseError
from django.utils import timezone
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from portal import queue_rows
from searches.models import Heartbeat
from searches.services.sweeping import SWEEPER

LAG_WORDS = {
    "unlinked": "Entries of the record that are not in their chain yet",
    "unsigned": "Chains of the record whose head is overdue to be signed",
    "retention": "Agencies whose retention runs nightly",
}


class Rows(Collector):
    """Queues and lags. A database that is away is a number, and not an error."""

    def collect(self) -> Iterable[Metric]:
        up = GaugeMetricFamily("candor_database_up", "Whether the database answered.")
        try:
            found = [*_queue(), *_lags(), _sweeper()]
        except DatabaseError:
            up.add_metric([], 0)
            return [up]
        up.add_metric([], 1)
        return [up, *found]


def _queue() -> list[Metric]:
    jobs = GaugeMetricFamily(
        "candor_queue_jobs", "Jobs that wait or run, by kind.", labels=["kind", "state"]
    )
    age = GaugeMetricFamily(
        "candor_queue_oldest_seconds", "Age of the oldest of them.", labels=["kind", "state"]
    )
    depth: dict[tuple[str, str], tuple[int, float]] = {}
    for one in queue_rows.open_jobs():
        known = depth.get((one.kind, one.state), (0, 0.0))
        depth[one.kind, one.state] = (known[0] + one.jobs, max(known[1], one.age))
    for kind in KINDS:
        for state in ("queued", "running"):
            number, oldest = depth.get((kind, state), (0, 0.0))
            jobs.add_metric([kind, state], number)
            age.add_metric([kind, state], oldest)
    return [jobs, age]


def _lags() -> list[Metric]:
    families: list[Metric] = []
    known = {lag.name: lag for lag in queue_rows.lags()}
    for name, words in LAG_WORDS.items():
        lag = known.get(name)
        number = GaugeMetricFamily(f"candor_{name}_count", f"{words}.")
        late = GaugeMetricFamily(f"candor_{name}_seconds", f"{words}: seconds, the worst one.")
        number.add_metric([], lag.entries if lag else 0)
        late.add_metric([], lag.seconds if lag else 0.0)
        families += [number, late]
    return families


def _sweeper() -> Metric:
    """Says that clock, broker, worker and database work together."""
    age = GaugeMetricFamily(
        "candor_sweeper_age_seconds", "Since the sweeper's last round; -1 before its first."
    )
    last = Heartbeat.objects.filter(name=SWEEPER).first()
    age.add_metric([], (timezone.now() - last.at).total_seconds() if last else -1.0)
    return age


KINDS = (
    "search",
    "probe",
    "enrolment",
    "erasure",
    "hygiene",
    "shadow_search",
    "import",
    "engine_change",
    "webhook",
    "signed_head",
)
