"""Asking the rules: soon after searches have finished, and of every agency at night.

The rules read a year of searches. So an agency is not looked at more often than every
`EVERY_SECONDS`: the first search that finishes is looked at at once, and those that finish
meanwhile all together.
"""

import logging
from datetime import datetime, timedelta

from django.core.cache import cache
from django.db import transaction
from django.utils import timezone

from accounts.access import is_working
from accounts.models import Agency
from oversight.misuse.facts import Rule, When, World
from oversight.misuse.loading import around, finished_since, whole_agency
from oversight.misuse.registry import RULES
from oversight.services.alerts import raise_alert
from portal.tasks import ring, ring_later
from portal.tenancy import platform_scope, scope
from searches.models import Search

logger = logging.getLogger(__name__)


EVERY_SECONDS = 15
# A search whose transaction ended late, and clocks that differ.
OVERLAP = timedelta(minutes=1)
DAY = timedelta(days=1)


def ring_after(search: Search) -> None:
    """Have a finished search looked at on commit; a lost bell is made up for by the next one."""
    ring("oversight.tasks.watch_finished", search.agency_id)


def watch_finished(agency_id: int) -> int:
    """Ask about what finished since the last time, or have it done soon where that was just now.

    Of a day at most: what is older was looked at at night. Returns how many alerts that made. Two
    at once do no harm, for the database keeps one alert for one finding.
    """
    began = timezone.now()
    if not cache.add(_name(agency_id, "asked"), True, EVERY_SECONDS):
        if cache.add(_name(agency_id, "later"), True, 2 * EVERY_SECONDS):
            ring_later("oversight.tasks.watch_later", agency_id, seconds=EVERY_SECONDS)
        return 0
    last = cache.get(_name(agency_id, "last"))
    made = watch_since(agency_id, datetime.fromisoformat(last) if last else began - DAY)
    cache.set(_name(agency_id, "last"), began.isoformat(), DAY.total_seconds())
    return made


def watch_later(agency_id: int) -> int:
    """The same for those that finished while the agency was not to be looked at again."""
    cache.delete(_name(agency_id, "later"))  # first: whoever finishes from now on rings again
    return watch_finished(agency_id)


def watch_since(agency_id: int, moment: datetime) -> int:
    """Ask about the searches that finished since then; returns how many alerts that made."""
    searches = finished_since(moment - OVERLAP)
    if not searches:
        return 0
    world = around(agency_id, searches)
    return sum(_ask(rule, world) for rule in RULES.values() if rule.when == When.FINISHED)


def _name(agency_id: int, what: str) -> str:
    return f"misuse.{agency_id}.{what}"


def watch_all() -> int:
    """Ask all rules about every working agency; what fails in one does not stop the others."""
    with platform_scope():
        agencies = list(Agency.objects.values_list("pk", flat=True))
    done = 0
    for agency_id in agencies:
        try:
            done += _watch_agency(agency_id)
        except Exception:
            logger.exception("The rules could not be asked about agency %s", agency_id)
    return done


def _watch_agency(agency_id: int) -> int:
    with scope(agency_id):
        if not is_working(agency_id):
            return 0
        world = whole_agency(agency_id)
        return sum(_ask(rule, world) for rule in RULES.values())


def _ask(rule: Rule, world: World) -> int:
    """The alerts that a rule opened or extended. A rule that fails is in the log, and is alone."""
    try:
        with transaction.atomic():
            raised = [raise_alert(rule, finding) for finding in rule.find(world)]
    except Exception:
        logger.exception("The rule %s failed", rule.code)
        return 0
    return sum(one is not None for one in raised)
