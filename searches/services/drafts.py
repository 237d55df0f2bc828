"""Drafts of searches: kept while somebody enters them, and gone with what they were to become.

A draft is its owner's alone. It is no act on anybody: nothing is searched, decided or shown to
others by it, so the record has that one was begun and that one was thrown away, and not each
saving (docs/audit.md).
"""

from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from accounts.access import files_of
from accounts.actor import Actor
from accounts.permissions import Permission
from portal.audit.actions import Action
from portal.audit.recorder import record
from searches.drafts import Values, as_text, from_text
from searches.faults import Fault
from searches.models import Case, Probe, Search, SearchDraft
from searches.sealed import identity_of
from searches.services.membership import admit_probe

BY_HAND, AGE = "by_hand", "age"


@transaction.atomic
def save_draft(
    *,
    actor: Actor,
    case: Case,
    probe: Probe | None,
    entered: Values,
    submission_key: UUID | None = None,
) -> SearchDraft | None:
    """Keep what was entered, over what was kept before. Raises Fault.

    None when the form with this submission key has become a probe or a search meanwhile: a saving
    that was under way when it was submitted brings no draft back.
    """
    actor.require(Permission.SEARCH)
    if actor.user_id is None:
        raise Fault("case_not_a_member")  # a command has nothing to go on with
    admit_probe(actor, case.pk)  # holds the case: whoever submits or closes is before or after
    if probe is not None and Probe.objects.get(pk=probe.pk).is_erased:
        raise Fault("probe_erased")
    if submission_key is not None and _was_submitted(submission_key, probe):
        return None
    draft = own_draft(actor, case, probe)
    is_new = draft is None
    draft = draft or SearchDraft(owner_id=actor.user_id, case=case, probe=probe)
    draft.take_scope()
    draft.entered_sealed = files_of(draft.agency_id).seal_text(as_text(entered), _identity(draft))
    draft.saved_at = timezone.now()
    draft.save(force_insert=is_new)
    if is_new:
        record(actor, Action.DRAFT_BEGUN, draft, _facts(draft))
    return draft


def _was_submitted(key: UUID, probe: Probe | None) -> bool:
    made: type[Search] | type[Probe] = Probe if probe is None else Search
    return made.objects.filter(submission_key=key).exists()


def own_draft(actor: Actor, case: Case, probe: Probe | None) -> SearchDraft | None:
    """The person's draft of a search with this picture, or of the upload of one."""
    return SearchDraft.objects.filter(owner_id=actor.user_id or 0, case=case, probe=probe).first()


def entered_in(draft: SearchDraft) -> Values:
    """What was entered. Raises KeyProblem for bytes that are not this draft's."""
    sealed = bytes(draft.entered_sealed)
    return from_text(files_of(draft.agency_id).unseal_text(sealed, _identity(draft)))


@transaction.atomic
def discard_draft(*, actor: Actor, draft: SearchDraft) -> None:
    """Throw one's own draft away. The picture, if there is one, stays in its case."""
    actor.require(Permission.SEARCH)
    _discard(actor, draft, BY_HAND)


@transaction.atomic
def discard_old_drafts(actor: Actor) -> int:
    """Throw away what nobody went on with as long as probes are kept; returns how many."""
    since = Now() - timedelta(days=settings.PROBE_DAYS)
    old = list(SearchDraft.objects.select_for_update().filter(saved_at__lt=since))
    for draft in old:
        _discard(actor, draft, AGE)
    return len(old)


def _discard(actor: Actor, draft: SearchDraft, cause: str) -> None:
    record(actor, Action.DRAFT_DISCARDED, draft, _facts(draft) | {"cause": cause})
    draft.delete()


# --- What takes drafts along; the entry of that act says what happened -------------------------


def forget_submitted(actor: Actor, case_id: UUID, probe: Probe | None) -> None:
    """What was entered has become a search; or, without a picture, a probe."""
    SearchDraft.objects.filter(owner_id=actor.user_id or 0, case_id=case_id, probe=probe).delete()


def forget_of_probe(probe_id: UUID) -> None:
    """The picture is gone, and with it what anybody entered about it."""
    SearchDraft.objects.filter(probe_id=probe_id).delete()


def forget_of_case(case_id: UUID) -> None:
    """Nothing is searched in a closed case; opened again, it begins without drafts."""
    SearchDraft.objects.filter(case_id=case_id).delete()


def forget_of_member(case_id: UUID, user_id: int) -> None:
    """The person does not see the case any more."""
    SearchDraft.objects.filter(case_id=case_id, owner_id=user_id).delete()


def _facts(draft: SearchDraft) -> dict[str, str]:
    return {"case": str(draft.case_id), "probe": str(draft.probe_id or "")}


def _identity(draft: SearchDraft) -> str:
    return identity_of(SearchDraft, draft.pk, "entered_sealed")
