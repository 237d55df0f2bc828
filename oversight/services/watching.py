"""Asking the rules: after each finished search, and of every agency at night."""

import logging
from uuid import UUID

from django.db import transaction

from accounts.access import is_working
from accounts.models import Agency
from oversight.misuse.facts import Rule, When, World
from oversight.misuse.loading import around, whole_agency
from oversight.misuse.registry import RULES
from oversight.services.alerts import raise_alert
from portal.tasks import ring
from portal.tenancy import platform_scope, scope
from searches.models import Search

logger = logging.getLogger(__name__)


def ring_after(search: Search) -> None:
    """Have a finished search looked at on commit; a lost bell is made up for at night."""
    ring("oversight.tasks.watch_search", search.agency_id, str(search.pk))


def watch_search(search_id: UUID) -> int:
    """Ask the rules about what one finished search changed; returns how many alerts that made."""
    search = Search.objects.select_related("case").filter(pk=search_id).first()
    if search is None or search.templates_searched is None:
        return 0
    world = around(search)
    return sum(_ask(rule, world) for rule in RULES.values() if rule.when == When.FINISHED)


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
