"""What is counted where it happens. What lies in the database is read instead (portal/observing).

No label names an agency, a person or a search: who searches how much is nobody's business who may
read a dashboard. Every label comes from a closed list, so that the number of series is bounded.
"""

from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics

disable_created_metrics()  # type: ignore[no-untyped-call]
REGISTRY = CollectorRegistry()

PAGE_SECONDS = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
"""Pages are to answer within 0.2 s, nineteen times of twenty."""
WORK_SECONDS = (0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0)

REQUESTS = Counter(
    "candor_requests",
    "Requests answered, by the name of the view and the status.",
    ["view", "status"],
    registry=REGISTRY,
)
REQUEST_SECONDS = Histogram(
    "candor_request_seconds",
    "From a request to its answer, in seconds.",
    ["view"],
    buckets=PAGE_SECONDS,
    registry=REGISTRY,
)
TASK_SECONDS = Histogram(
    "candor_task_seconds",
    "Tasks of workers, in seconds; a task that finds nothing to do counts too.",
    ["task", "outcome"],
    buckets=WORK_SECONDS,
    registry=REGISTRY,
)
BELLS_LOST = Counter(
    "candor_bells_lost",
    "Bells that the broker did not take; the sweeper rings again.",
    ["task"],
    registry=REGISTRY,
)
JOBS_ENDED = Counter(
    "candor_jobs_ended",
    "Turns of jobs, by kind and the code of the fault that ended the job for good, or none.",
    ["kind", "code"],
    registry=REGISTRY,
)
SEARCH_STAGE_SECONDS = Histogram(
    "candor_search_stage_seconds",
    "Parts of a search: permit, embed, compare, keep; in seconds.",
    ["stage"],
    buckets=WORK_SECONDS,
    registry=REGISTRY,
)
ENGINE_SECONDS = Histogram(
    "candor_engine_seconds",
    "One picture in the face engine, in seconds: detect all faces, or embed one.",
    ["engine", "step"],
    buckets=WORK_SECONDS,
    registry=REGISTRY,
)
QUOTA_REFUSALS = Counter(
    "candor_quota_refusals",
    "What was refused because a license's quota is used up, by kind.",
    ["kind"],
    registry=REGISTRY,
)
STORAGE_ERRORS = Counter(
    "candor_storage_errors",
    "Reads and writes of the file store that failed, by operation and kind of error.",
    ["operation", "error"],
    registry=REGISTRY,
)
