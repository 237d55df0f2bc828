"""Erasures that failed by a fault of the installation, done again from where they stopped."""

from accounts.services.retrying import retry_by
from galleries.models import Erasure
from galleries.services.erasing import TASK
from portal.tasks import ring
from searches.models import JobState
from searches.services import jobs


def retry_erasures(code: str) -> int:
    """Queue the failed erasures with this code, in the agency's scope; returns how many."""
    failed = Erasure.objects.filter(state=JobState.FAILED, failure_code=code)
    found = list(failed.order_by("pk").select_for_update(skip_locked=True))
    for erasure in found:
        jobs.reopen(erasure)
        ring(TASK, erasure.agency_id, str(erasure.pk))
    return len(found)


retry_by("erasure", retry_erasures)
