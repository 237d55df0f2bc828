"""What waits for people: who may decide or examine what, as the services have it, in SQL."""

from django.db.models import Case as Cases
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import Now

from accounts.actor import Actor
from searches.models import (
    Authorization,
    AuthorizationNeeded,
    Examination,
    ExaminationState,
    Search,
    Stage,
)
from searches.models.stage import ROUND_OF
from searches.queries import locked, seen_by

# The parts of the queue of authorizations, in its order.
BEFORE, URGENT, LOCKED = 0, 1, 2
NEVER_LOCKS = Q(authorization__in=[AuthorizationNeeded.NONE, AuthorizationNeeded.BEFORE])
UNDER_WAY = [Stage.AWAITING_AUTHORIZATION, Stage.QUEUED, *ROUND_OF]


def _person(actor: Actor) -> int:
    """Whose work it is; the operator, who is nobody here, has none."""
    return actor.user_id or 0


def unlocked() -> "QuerySet[Search]":
    """Only the results of urgent searches lock; of all others the database is not even asked."""
    return Search.objects.alias(is_locked=locked()).filter(NEVER_LOCKS | Q(is_locked=False))


def authorizations() -> "QuerySet[Search]":
    """Searches that wait for a decision, with their `part` of the queue and their `deadline`."""
    over = [Stage.REFUSED, Stage.FAILED, Stage.EXPIRED, Stage.ERASED]
    urgent = Q(authorization=AuthorizationNeeded.AFTER) & ~Q(stage__in=over)
    waiting = Q(stage=Stage.AWAITING_AUTHORIZATION)
    decided = Authorization.objects.filter(search=OuterRef("pk"))
    found = Search.objects.filter(waiting | urgent).filter(~Exists(decided))
    before = When(waiting, then=Value(BEFORE))
    in_time = When(authorize_by__gt=Now(), then=Value(URGENT))
    return (
        found.annotate(
            part=Cases(before, in_time, default=Value(LOCKED)),
            deadline=Cases(When(waiting, then=F("due_at")), default=F("authorize_by")),
        )
        .select_related("case", "probe")
        .order_by("part", "deadline", "pk")
    )


def to_authorize(actor: Actor) -> "QuerySet[Search]":
    """Those that this person may decide on, by deadline: nobody decides on their own."""
    others = authorizations().exclude(requested_by_id=actor.user_id)
    return others.order_by(F("deadline"), "pk")


def open_examinations(actor: Actor) -> "QuerySet[Examination]":
    """The rounds that this person has taken and not submitted."""
    mine = Examination.objects.filter(examiner_id=_person(actor), state=ExaminationState.OPEN)
    found = mine.annotate(is_locked=locked("search")).filter(is_locked=False)
    return found.select_related("search").order_by("search__due_at", "pk")


def overdue_examinations(actor: Actor) -> "QuerySet[Search]":
    """Rounds that are late, whether one `is_taken` or not; by whom is not told."""
    open_rounds = Examination.objects.filter(search=OuterRef("pk"), state=ExaminationState.OPEN)
    late = unlocked().filter(stage__in=list(ROUND_OF), due_at__lt=Now())
    found = late.filter(seen_by(actor, "case")).annotate(is_taken=Exists(open_rounds))
    return found.select_related("case").order_by("due_at", "pk")


def to_examine(actor: Actor) -> "QuerySet[Search]":
    """First and second examinations that nobody has taken and this person may take."""
    return _free(actor, Stage.EXAMINATION, Stage.SECOND_EXAMINATION)


def to_adjudicate(actor: Actor) -> "QuerySet[Search]":
    """The same of adjudications."""
    return _free(actor, Stage.ADJUDICATION)


def _free(actor: Actor, *stages: Stage) -> "QuerySet[Search]":
    """As services.examining.start_examination would let this person start them."""
    of_search = Examination.objects.filter(search=OuterRef("pk"))
    this_round = Q(round=OuterRef("open_round"))
    taken = of_search.filter(this_round).exclude(state=ExaminationState.RETURNED)
    elsewhere = of_search.filter(~this_round, examiner_id=_person(actor))
    rounds = [When(stage=stage, then=Value(ROUND_OF[stage])) for stage in stages]
    found = unlocked().filter(stage__in=stages).annotate(open_round=Cases(*rounds))
    found = found.exclude(~Q(stage=Stage.EXAMINATION), requested_by_id=actor.user_id)
    return found.filter(~Exists(taken), ~Exists(elsewhere)).order_by("due_at", "pk")


def own_searches(actor: Actor) -> "QuerySet[Search]":
    """What this person asked for and is not concluded yet."""
    own = Search.objects.filter(seen_by(actor, "case"), requested_by_id=actor.user_id)
    under_way = own.filter(stage__in=UNDER_WAY).select_related("case")
    return under_way.order_by(F("due_at").asc(nulls_first=True), "-created_at")
