"""Celery's configuration; read when a task is first sent or a worker starts, not before."""

from celery.schedules import crontab
from django.conf import settings

from portal import embedded

if settings.BROKER_URL:
    broker_url = settings.BROKER_URL
else:
    broker_url = embedded.ensure_running(settings.VAR_DIR).broker_url
    broker_transport = "portal.broker:Transport"

broker_connection_retry_on_startup = True
# A worker waits for a broker that is away, however long, rather than ending.
broker_connection_max_retries = None
broker_connection_timeout = 3
# A lost bell is rung again by the sweeper; a page must not wait for a dead or hanging broker.
task_publish_retry = False
broker_transport_options = {"max_retries": 1, "interval_start": 0, "interval_step": 0}
# The answers of hosts that hold galleries (searches/scan/sending.py); nothing else has a result.
result_expires = 60
if broker_url.startswith("amqp"):
    result_backend = "rpc://"
if broker_url.startswith("redis"):
    result_backend = broker_url
    redis_socket_connect_timeout, redis_socket_timeout = 3, 5
    result_backend_transport_options = {"retry_policy": {"max_retries": 1, "interval_start": 0}}
    broker_transport_options |= {"socket_connect_timeout": 3, "socket_timeout": 3}
if broker_url.startswith("rediss"):
    redis_backend_use_ssl = {"ssl_cert_reqs": "required"}  # as the broker has it
task_ignore_result = True
task_default_queue = "candor"
task_serializer = "json"
accept_content = ["json"]
# The hard limit of one job: beyond it the process is killed and the job is free again.
task_time_limit = settings.JOB_SECONDS
# Celery would open a database connection for every task; portal.celery closes unsound ones instead.
CELERY_DB_REUSE_MAX = 1_000_000
worker_prefetch_multiplier = 1
worker_concurrency = settings.WORKERS
worker_max_tasks_per_child = 2000
# Celery kills a child that is not up in 4 s; an engine on a busy machine takes longer to load.
worker_proc_alive_timeout = 60
enable_utc = True
timezone = "UTC"
beat_schedule = {
    "sweep": {"task": "searches.tasks.sweep", "schedule": settings.SWEEP_SECONDS},
    # Links what was recorded since, and signs the heads that are due.
    "record": {"task": "portal.audit.tasks.keep_chains", "schedule": settings.SWEEP_SECONDS},
    # Heads whose bell was lost, and those that did not arrive.
    "publishing": {"task": "oversight.tasks.publish_all", "schedule": 300},
    "time-stamps": {"task": "portal.audit.tasks.stamp_checkpoints", "schedule": 300},
    # Off-boardings whose bell was lost, whose worker died, or whose deadline has passed.
    "offboarding": {
        "task": "accounts.tasks.sweep_offboardings",
        "schedule": 4 * settings.SWEEP_SECONDS,
    },
    # Each reminder is sent once; asking hourly makes a worker that was down at night no harm.
    "certificates": {"task": "accounts.tasks.remind_of_certificates", "schedule": 3600},
    "licenses": {"task": "accounts.tasks.verify_licenses", "schedule": 3600},
    # Each of these is sent once, as the reminders of certificates are.
    "ends of licenses": {"task": "accounts.tasks.tell_of_ending_licenses", "schedule": 3600},
    "overdue invoices": {"task": "accounts.tasks.remind_of_invoices", "schedule": 3600},
    "reservations": {"task": "searches.tasks.settle_reservations", "schedule": 3600},
    # What ended imports leave behind, and imports that nobody goes on with.
    "imports": {"task": "galleries.tasks.clear_imports", "schedule": 3600},
    # Galleries that have grown, shrunk or changed their engine since they were measured.
    "scores": {"task": "galleries.tasks.measure_moved_scores", "schedule": 3600},
    # What waits for whoever wants one e-mail for all of it, in the morning of each agency.
    "digests": {"task": "accounts.tasks.send_digests", "schedule": 3600},
    # What people were told of long ago.
    "old notifications": {"task": "accounts.tasks.forget_notifications", "schedule": 3600},
    # Requests that lapse and results that lock; the lock itself needs no timer.
    "procedure": {"task": "searches.tasks.run_timers", "schedule": 300},
    # Answers to requests with an Idempotency-Key, after a day.
    "answers": {"task": "accounts.tasks.forget_answers", "schedule": 3600},
    # Webhooks whose bell was lost or whose next try is due; what is a month old goes.
    "webhooks": {"task": "accounts.tasks.sweep_webhooks", "schedule": settings.SWEEP_SECONDS},
    "old webhooks": {"task": "accounts.tasks.forget_webhooks", "schedule": 3600},
    "usage warnings": {"task": "accounts.tasks.warn_of_usage", "schedule": 3600},
    "usage proof": {"task": "accounts.tasks.prove_usage", "schedule": crontab(hour=2, minute=17)},
    # Files that have not come to the current version of their agency's key.
    "resealing": {"task": "accounts.tasks.sweep_resealing", "schedule": 4 * settings.SWEEP_SECONDS},
    # Stored files that no row names, and rows without their file.
    "files": {"task": "accounts.tasks.check_all_files", "schedule": crontab(hour=1, minute=47)},
    # Tables in which agencies lay whose rows were destroyed.
    "ends": {"task": "galleries.tasks.rewrite_after_ends", "schedule": 3600},
    # What the bell rings for at once; the clock makes up for a lost one.
    "locks": {"task": "accounts.tasks.tell_of_locks", "schedule": 3600},
    # Hourly for the same reason as the certificates; each warning is sent once.
    "unused": {"task": "accounts.tasks.disable_unused", "schedule": 3600},
    # Weeks of the record that nobody has signed; each of these is sent once.
    "reviews": {"task": "oversight.tasks.remind_of_reviews", "schedule": 3600},
    # All rules of misuse over every agency; soon after searches some are asked already.
    "misuse": {"task": "oversight.tasks.watch_all", "schedule": crontab(hour=3, minute=23)},
    # What has expired, once a day in the night of each agency, or later when nobody worked then.
    "retention": {"task": "galleries.tasks.run_retention", "schedule": 3600},
    # Days of requests of data subjects; each reminder is sent once.
    "requests": {"task": "oversight.tasks.remind_of_requests", "schedule": 3600},
}
