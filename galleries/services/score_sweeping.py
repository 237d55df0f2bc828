"""Galleries whose measurement has become old: measured anew without anybody asking."""

import uuid
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from accounts.access import is_working
from accounts.actor import system_actor
from accounts.models import Agency
from galleries.services.score_measuring import begin_measurement
from portal.tenancy import platform_scope, scope
from searches.faults import Fault
from searches.gallery_versions import version_of
from searches.models import Gallery, JobState, ScoreMeasurement
from searches.score_worth import latest_measurement
from searches.scores.distribution import LEAST_SEARCHES
from searches.scores.drawing import PARTS

MOVED = 0.1
"""A measurement is old when the gallery has so much more or fewer pictures."""
OLD = timedelta(days=30)
"""After so long a gallery that changed at all is measured anew: pictures may have been replaced."""
REST = timedelta(days=1)
"""After a measurement that failed, before the next."""
LEAST_IMAGES = LEAST_SEARCHES * PARTS
"""In fewer pictures there cannot be enough people to search for."""


def measure_moved() -> int:
    """Queue measurements of galleries that moved; returns how many."""
    with platform_scope():
        agencies = list(Agency.objects.values_list("pk", flat=True))
    return sum(_measure_in(agency_id) for agency_id in agencies)


def _measure_in(agency_id: int) -> int:
    with scope(agency_id):
        if not is_working(agency_id):
            return 0
        galleries = Gallery.objects.filter(contract__isnull=False, erased_at=None)
        return sum(_measure(gallery) for gallery in galleries)


def _measure(gallery: Gallery) -> bool:
    if not has_moved(gallery):
        return False
    actor = system_actor("scores", gallery.agency_id)
    try:
        with transaction.atomic():
            begin_measurement(actor, gallery, None, uuid.uuid4())
    except Fault:  # one is under way
        return False
    return True


def has_moved(gallery: Gallery) -> bool:
    """Whether the latest measurement is of another size or engine, or old, or there is none."""
    version = version_of(gallery.pk)
    if version.images < LEAST_IMAGES:
        return False
    failed = ScoreMeasurement.objects.filter(gallery=gallery, state=JobState.FAILED)
    if failed.filter(finished_at__gt=timezone.now() - REST).exists():
        return False
    last = latest_measurement(gallery.pk, gallery.contract_id)
    if last is None or abs(version.images - last.images) > MOVED * last.images:
        return True
    old = last.finished_at is not None and last.finished_at < timezone.now() - OLD
    return old and last.version != version.digest
