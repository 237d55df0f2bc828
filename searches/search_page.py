"""What the page of a search shows before and beside its result, worked out beforehand."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.actor import Actor
from accounts.permissions import Permission
from searches.models import (
    Authorization,
    AuthorizationNeeded,
    Examination,
    Gallery,
    Search,
    SearchedGrant,
    Stage,
)
from searches.models.examination import ADJUDICATION
from searches.models.stage import CONTENT_GONE
from searches.sealed import texts_in
from searches.services.authorizing import awaits_decision
from searches.services.stages import is_locked

DONE, NOW, NEXT, ENDED = "done", "now", "next", "ended"

STEPS: dict[Stage, str | Promise] = {
    Stage.AWAITING_AUTHORIZATION: gettext_lazy("Authorization"),
    Stage.QUEUED: gettext_lazy("Search"),
    Stage.EXAMINATION: gettext_lazy("Examination"),
    Stage.SECOND_EXAMINATION: gettext_lazy("Second examination"),
    Stage.ADJUDICATION: gettext_lazy("Adjudication"),
    Stage.CONCLUDED: gettext_lazy("Conclusion"),
}
EXAMINED = (Stage.EXAMINATION, Stage.SECOND_EXAMINATION, Stage.ADJUDICATION)
# Who has to act, by role: while it is being examined nobody reads here by whom.
WHO_ACTS: dict[Stage, str | Promise] = {
    Stage.AWAITING_AUTHORIZATION: gettext_lazy(
        "A supervisor other than who asked for it has to authorize the search before it is done."
    ),
    Stage.QUEUED: gettext_lazy(
        "The portal compares the face with the pictures in the galleries. Nobody has to act."
    ),
    Stage.EXAMINATION: gettext_lazy("An examiner has to examine what the search brought."),
    Stage.SECOND_EXAMINATION: gettext_lazy(
        "A second examiner has to examine it anew, without seeing the first examination."
    ),
    Stage.ADJUDICATION: gettext_lazy(
        "The two examinations differ. A supervisor who took part in neither has to decide."
    ),
    Stage.CONCLUDED: gettext_lazy("The search is concluded. What becomes of it can be added."),
    Stage.REFUSED: gettext_lazy("A supervisor refused the search, and its content was erased."),
    Stage.FAILED: gettext_lazy("The search failed. Nothing was found and nothing is charged."),
    Stage.EXPIRED: gettext_lazy(
        "Nobody decided in time. The search was not done, and its content was erased."
    ),
    Stage.ERASED: gettext_lazy("The content of the search was erased."),
}


@dataclass(frozen=True, slots=True)
class Step:
    label: str
    state: str


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a search stands, who has to act and until when.

    `shows_result` is the one gate before candidates and examinations: the search is concluded and
    its results are not locked.
    """

    steps: Sequence[Step]
    who: str
    due: datetime | None
    is_overdue: bool
    is_locked: bool
    authorize_by: datetime | None
    shows_result: bool
    is_gone: bool
    is_examined: bool
    """Examiners have it now, and nobody else sees what it brought."""
    may_decide: bool
    taken: Examination | None
    """The round under way, for who may give it back in its examiner's place; no page here says who
    that is."""


@dataclass(frozen=True, slots=True)
class GroundsShown:
    """The grounds in clear text, and the decision of another person if there was one."""

    reason: str
    facts: str
    reference: str
    has_document: bool
    galleries: Sequence[Gallery]
    grants: Sequence[SearchedGrant]
    """Galleries of other agencies."""
    decision: Authorization | None
    decision_reason: str


def standing_of(actor: Actor, search: Search) -> Standing:
    stage, locked = Stage(search.stage), is_locked(search)
    undecided = awaits_decision(search)
    due = None if stage == Stage.QUEUED else search.due_at
    is_urgent = search.authorization == AuthorizationNeeded.AFTER
    return Standing(
        steps=steps_of(search),
        who=str(WHO_ACTS[stage]),
        due=due,
        is_overdue=due is not None and due < timezone.now(),
        is_locked=locked,
        authorize_by=search.authorize_by if is_urgent and undecided else None,
        shows_result=stage == Stage.CONCLUDED and not locked,
        is_gone=stage in CONTENT_GONE,
        is_examined=stage in EXAMINED,
        may_decide=undecided and actor.user_id != search.requested_by_id,
        taken=_taken(search) if actor.can(Permission.AUTHORIZE) else None,
    )


def _taken(search: Search) -> Examination | None:
    return next((one for one in search.examinations.all() if one.is_open), None)


def steps_of(search: Search) -> list[Step]:
    """The way of the search: behind it, where it stands, and what is to come."""
    stage = Stage(search.stage)
    begun = Step(_("Submitted"), DONE)
    if stage in CONTENT_GONE:
        return [begun, Step(str(stage.label), ENDED)]
    way = _way(search, stage)
    if stage == Stage.FAILED:
        before = way[: way.index(Stage.QUEUED)]
        return [begun, *(Step(str(STEPS[one]), DONE) for one in before), Step(_("Failed"), ENDED)]
    at = way.index(stage)
    states = [DONE] * at + [DONE if stage == Stage.CONCLUDED else NOW] + [NEXT] * len(way)
    pairs = zip(way, states, strict=False)
    return [begun, *(Step(str(STEPS[one]), state) for one, state in pairs)]


def _way(search: Search, stage: Stage) -> list[Stage]:
    way = list(STEPS)
    if search.authorization != AuthorizationNeeded.BEFORE:
        way.remove(Stage.AWAITING_AUTHORIZATION)
    rounds = [examination.round for examination in search.examinations.all()]
    was_disputed = stage == Stage.CONCLUDED and ADJUDICATION in rounds
    if stage != Stage.ADJUDICATION and not was_disputed:
        way.remove(Stage.ADJUDICATION)
    return way


def grounds_of(search: Search) -> GroundsShown:
    decision = next(iter(search.authorizations.all()), None)
    searched = search.searched_galleries.select_related("gallery").order_by("gallery__name")
    reason, facts, reference = texts_in(
        search, ["reason_sealed", "facts_sealed", "reference_sealed"]
    )
    return GroundsShown(
        reason=reason,
        facts=facts,
        reference=reference,
        has_document=bool(search.document_key),
        galleries=[row.gallery for row in searched],
        grants=list(search.searched_grants.all()),
        decision=decision,
        decision_reason=decision.reason if decision else "",
    )
