"""Whether anything is behind: the queue, the record's chains, the nightly retention."""

from datetime import timedelta

from portal.doctor.problems import Advice
from portal.queue_rows import Lag, lags, open_jobs

OLD_JOB = timedelta(minutes=10)
LATE_LINKS = timedelta(minutes=5)
LATE_RETENTION = timedelta(hours=50)
"""Two nights: one may be missed by a worker that was down, which it makes up for by day."""
# Imports and changes of engine take hours, and webhooks are tried for days.
SLOW = ("import", "engine_change", "webhook", "hygiene", "shadow_search")


def check_queue() -> str:
    waiting = open_jobs()
    late = {one.kind for one in waiting if one.age > OLD_JOB.total_seconds()} - set(SLOW)
    if late:
        raise Advice(
            f"older than {OLD_JOB.seconds // 60} minutes: {', '.join(sorted(late))}",
            "Start workers; /platform/queue/ has the codes of what failed",
        )
    return f"{sum(one.jobs for one in waiting)} jobs wait or run"


def check_record() -> str:
    late = [
        f"{name}: {lag.entries}, {lag.seconds:.0f} s behind"
        for name in ("unlinked", "unsigned")
        if (lag := _lag(name)).seconds > LATE_LINKS.total_seconds()
    ]
    if late:
        raise Advice("; ".join(late), "A worker with the clock must run (make worker)")
    return "entries are linked and heads are signed in time"


def check_retention() -> str:
    lag = _lag("retention")
    if lag.seconds > LATE_RETENTION.total_seconds():
        raise Advice(
            f"an agency had no run for {lag.seconds / 3600:.0f} hours",
            "A worker with the clock must run at night; its log has what stopped it",
        )
    return "every agency had its nightly run"


def _lag(name: str) -> Lag:
    return next((lag for lag in lags() if lag.name == name), Lag(name, 0, 0.0))
