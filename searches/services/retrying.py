"""Probes that failed by a fault of the installation, looked at again when it is mended."""

from accounts.services.retrying import retry_by
from portal.tasks import ring
from searches.models import JobState, Probe
from searches.services import jobs

AT_ONCE = 1000


def retry_probes(code: str) -> int:
    """Queue the failed probes with this code, in the agency's scope; returns how many.

    None of them was searched with, and nothing was reserved for them.
    """
    failed = Probe.objects.filter(state=JobState.FAILED, failure_code=code)
    found = list(failed.order_by("pk").select_for_update(skip_locked=True)[:AT_ONCE])
    for probe in found:
        jobs.reopen(probe)
        ring("searches.tasks.analyse_probe", probe.agency_id, str(probe.pk))
    return len(found)


retry_by("probe", retry_probes)
