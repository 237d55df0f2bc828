"""What time does to a search: requests lapse, and results that nobody authorized lock.

Locked results are locked by the clock itself (services/stages.py, and the database); the timer only
says so, once.
"""

from django.db import transaction
from django.utils import timezone

from accounts.actor import system_actor
from accounts.models import Agency
from portal.audit.actions import Action
from portal.audit.recorder import record
from portal.tenancy import platform_scope, scope
from searches.mails import tell_authorizers
from searches.models import AuthorizationNeeded, JobState, Search, Stage
from searches.scan.holders import forget_changes
from searches.scan.questions import forget_questions
from searches.services.erasing import erase_content
from searches.services.grant_answers import look_up_waiting_grants
from searches.services.lent_out import give_back_expired
from searches.services.looking_up import look_up_waiting
from searches.services.membership import lock_case
from searches.services.metering import give_back
from searches.services.reminding import remind
from searches.services.stages import enter, is_locked, locked_search


def run_timers() -> int:
    """Whatever is due in every agency; returns how many searches were changed or told of."""
    with platform_scope():
        agencies = list(Agency.objects.values_list("pk", flat=True))
    done = 0
    for agency_id in agencies:
        with scope(agency_id):
            done += sum(_lapse(search) for search in _overdue_requests())
            done += sum(_tell_of_lock(search) for search in _overdue_results())
            remind()
            look_up_waiting()
            look_up_waiting_grants()
            give_back_expired()
            forget_changes()
            forget_questions()
    return done


def _overdue_requests() -> list[Search]:
    # A legal hold keeps what nobody decided on, for as long as it stands.
    waiting = Search.objects.filter(stage=Stage.AWAITING_AUTHORIZATION, case__held_at=None)
    return list(waiting.filter(due_at__lt=timezone.now())[:1000])


def _overdue_results() -> list[Search]:
    urgent = Search.objects.filter(authorization=AuthorizationNeeded.AFTER, lock_told_at=None)
    over = [Stage.REFUSED, Stage.FAILED, Stage.ERASED]
    return list(urgent.filter(authorize_by__lt=timezone.now()).exclude(stage__in=over)[:1000])


@transaction.atomic
def _lapse(search: Search) -> bool:
    """Nobody decided in time: the search is not done, and what it was made of goes."""
    locked = locked_search(search)
    if locked.stage != Stage.AWAITING_AUTHORIZATION or lock_case(locked.case_id).held_at:
        return False
    enter(locked, Stage.EXPIRED, state=JobState.FAILED, failure_code="authorization_lapsed")
    give_back(locked)
    actor = system_actor("timers", locked.agency_id)
    record(actor, Action.SEARCH_EXPIRED, locked, {"case": str(locked.case_id)})
    erase_content(actor, locked, cause="expired")
    return True


@transaction.atomic
def _tell_of_lock(search: Search) -> bool:
    locked = locked_search(search)
    if not is_locked(locked) or locked.lock_told_at is not None:
        return False
    Search.objects.filter(pk=locked.pk).update(lock_told_at=timezone.now())
    actor = system_actor("timers", locked.agency_id)
    record(actor, Action.RESULTS_LOCKED, locked, {"case": str(locked.case_id)})
    tell_authorizers(locked)
    return True
