"""What workers do when the bell rings: fetch the row, call the service."""

from typing import Any
from uuid import UUID

from celery import shared_task

from portal.tasks import TenantTask
from searches.scan import answers
from searches.scan.files import Key
from searches.services import (
    enrolment,
    grant_answers,
    looking_up,
    probes,
    searching,
    sweeping,
    timers,
)
from searches.shards import Shard


@shared_task(base=TenantTask)
def analyse_probe(agency_id: int, probe_id: str) -> None:
    probes.analyse_probe(UUID(probe_id))


@shared_task(base=TenantTask)
def run_search(agency_id: int, search_id: str) -> None:
    searching.run_search(UUID(search_id))


@shared_task(base=TenantTask)
def run_enrolment(agency_id: int, enrolment_id: str) -> None:
    enrolment.run_enrolment(UUID(enrolment_id))


@shared_task(base=TenantTask)
def look_up_loan(agency_id: int, loan_id: str) -> None:
    looking_up.look_up_loan(UUID(loan_id))


@shared_task(base=TenantTask)
def look_up_grant(agency_id: int, grant_id: str) -> None:
    grant_answers.look_up_grant(UUID(grant_id))


@shared_task(base=TenantTask, ignore_result=False)
def answer_scan(agency_id: int, question_id: str, number: int, count: int) -> dict[str, Any] | None:
    """On the queue of the host that is asked."""
    answer = answers.answer(UUID(question_id), Shard(number, count))
    return answer.as_json() if answer else None


@shared_task(base=TenantTask)
def hold_scan(agency_id: int, name: str) -> None:
    """The same; `name` is a gallery's or a shard's (scan.files.Key)."""
    answers.hold(Key.of_name(name))


@shared_task
def sweep() -> None:
    sweeping.sweep()


@shared_task
def settle_reservations() -> None:
    sweeping.settle_reservations()


@shared_task
def run_timers() -> None:
    timers.run_timers()
