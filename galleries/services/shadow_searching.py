"""Shadow searches: the same enrolled pictures, searched under both contracts of a change of engine.

Each picture is searched for in its own gallery as if it were not in it. What is compared is where
its subject comes in the list, and which subjects the lists share; never similarities, which mean
something else under each contract.
"""

import time
import uuid
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction

from accounts.access import is_working
from accounts.actor import Actor, system_actor
from accounts.permissions import Permission
from galleries.models import EngineChange, ShadowSearch
from galleries.models.shadow_search import MOST_SEARCHES
from galleries.shadow_report import LISTED, digest_of, report_of
from portal.audit.actions import Action
from portal.audit.recorder import record
from portal.tasks import ring
from portal.tenancy import current_agency_id
from searches.faults import Fault
from searches.services import jobs
from searches.vectors import TABLE, nearest_subjects, template_of

TASK = "galleries.tasks.run_shadow_search"
SLICE_SECONDS = 2.0

# One picture of each subject that has at least two under both contracts; which ones, the id of the
# shadow search decides, so that they can be drawn again.
_SAMPLE = f"""
SELECT subject_id, image_id, count(*) OVER () FROM (
    SELECT DISTINCT ON (subject_id) subject_id, image_id FROM (
        SELECT o.subject_id, o.image_id, count(*) OVER (PARTITION BY o.subject_id) AS pictures
        FROM {TABLE} o JOIN {TABLE} n
            ON n.agency_id = o.agency_id AND n.image_id = o.image_id AND n.contract_id = %(to)s
        WHERE o.agency_id = %(agency)s AND n.agency_id = %(agency)s
            AND o.contract_id = %(from)s AND o.gallery_id = %(gallery)s
    ) AS both_have WHERE pictures >= 2
    ORDER BY subject_id, md5(image_id::text || %(seed)s)
) AS one_each ORDER BY md5(subject_id::text || %(seed)s) LIMIT %(wanted)s
"""  # noqa: S608 - the table is a constant


@transaction.atomic
def request_shadow_search(
    *, actor: Actor, change: EngineChange, searches: int, submission_key: uuid.UUID
) -> ShadowSearch:
    """Have so many enrolled pictures searched under both contracts. Raises Fault.

    The same submission again gives the shadow search that it made the first time.
    """
    actor.require(Permission.MANAGE_GALLERIES)
    if before := ShadowSearch.objects.filter(submission_key=submission_key).first():
        return before
    if not 1 <= searches <= MOST_SEARCHES:
        raise Fault("shadow_number")
    locked = EngineChange.objects.select_for_update(of=("self",)).get(pk=change.pk)
    if not locked.has_both:
        raise Fault("change_stage")
    shadow = ShadowSearch.objects.create(
        change=locked,
        wanted=searches,
        submission_key=submission_key,
        requested_by_id=actor.user_id,
        requested_by_label=actor.label,
    )
    record(actor, Action.ENGINE_CHANGE_COMPARING, shadow, _facts(shadow) | {"searches": searches})
    ring(TASK, actor.agency, str(shadow.pk))
    return shadow


def run_shadow_search(shadow_id: UUID) -> None:
    """Search for a while, and ring for the rest."""
    with jobs.claimed(ShadowSearch, shadow_id, "change__gallery") as shadow:
        more = shadow is not None and _slice(shadow)
    if more:
        ring(TASK, current_agency_id(), str(shadow_id))


def _slice(shadow: ShadowSearch) -> bool:
    """Whether something is left to do."""
    try:
        if not is_working(shadow.agency_id):
            raise Fault("agency_suspended")
        if shadow.attempts > settings.JOB_MAX_ATTEMPTS:  # of this slice: progress begins anew
            raise Fault("gave_up")
        _draw(shadow)
        if _search_some(shadow, time.monotonic() + SLICE_SECONDS):
            return True
        _finish(shadow)
    except Fault as fault:
        jobs.fail(shadow, fault.code)
    except jobs.Superseded:
        pass
    return False


def _draw(shadow: ShadowSearch) -> None:
    if shadow.sample is not None:
        return
    change = shadow.change
    values = {
        "agency": shadow.agency_id,
        "from": change.from_contract_id,
        "to": change.to_contract_id,
        "gallery": change.gallery_id,
        "seed": str(shadow.pk),
        "wanted": shadow.wanted,
    }
    with connection.cursor() as cursor:
        cursor.execute(_SAMPLE, values)
        rows = cursor.fetchall()
    if not rows:
        raise Fault("shadow_no_subjects")
    shadow.sample = [[str(subject), str(image)] for subject, image, _ in rows]
    shadow.eligible = rows[0][2]


def _search_some(shadow: ShadowSearch, until: float) -> bool:
    sample: list[list[str]] = shadow.sample or []
    for subject, image in sample[shadow.position :]:
        if found := _both(shadow.change, UUID(subject), UUID(image)):
            shadow.results.append([subject, image, *found])
        shadow.position += 1
        if time.monotonic() > until:
            break
    _save(shadow)
    return shadow.position < len(sample)


def _save(shadow: ShadowSearch) -> None:
    fields = ("sample", "eligible", "results", "position")
    kept = {name: getattr(shadow, name) for name in fields}
    rows = ShadowSearch.objects.filter(pk=shadow.pk, claim=shadow.claim)
    if rows.update(attempts=0, **kept) != 1:
        raise jobs.Superseded(str(shadow.pk))


def _both(change: EngineChange, subject: UUID, image: UUID) -> list[int | None] | None:
    """Ranks before and after, shared candidates and how many could be; None: erased meanwhile."""
    lists: list[list[UUID]] = []
    for contract in (change.from_contract_id, change.to_contract_id):
        vector = template_of(image, contract)
        if vector is None:
            return None
        hits = nearest_subjects(
            vector,
            contract_pk=contract,
            galleries=[change.gallery_id],
            limit=LISTED,
            excluded=[image],
        )
        lists.append([hit.subject_id for hit in hits])
    ranks = [found.index(subject) + 1 if subject in found else None for found in lists]
    shared = len(set(lists[0]) & set(lists[1]))
    return [*ranks, shared, max(map(len, lists))]


def _finish(shadow: ShadowSearch) -> None:
    """Raises Fault when the templates of one contract have begun to go."""
    with transaction.atomic():
        jobs.hold(shadow)
        locked = EngineChange.objects.select_for_update(of=("self",)).get(pk=shadow.change_id)
        if not locked.has_both:
            raise Fault("shadow_over")
        report = report_of(shadow)
        jobs.finish(shadow, report=report)
        facts: dict[str, Any] = {"searches": len(shadow.results), "sha256": digest_of(report)}
        actor = system_actor("shadow search", shadow.agency_id)
        record(actor, Action.ENGINE_CHANGE_COMPARED, shadow, _facts(shadow) | facts)


def _facts(shadow: ShadowSearch) -> dict[str, str]:
    return {"gallery": str(shadow.change.gallery_id), "change": str(shadow.change_id)}
