"""The facts of an agency for the rules, read in its scope."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Prefetch, Q, QuerySet
from django.utils import timezone

from accounts.models import Agency, Membership
from oversight.misuse.faces import scale_of
from oversight.misuse.facts import CaseFact, PersonFact, SearchFact, World
from oversight.misuse.portraits import looks_posed
from oversight.misuse.uses import uses_since
from searches.images.edits import Operation
from searches.models import Case, Decision, Outcome, Probe, ProbeEdit, Search
from searches.models.stage import CONTENT_GONE
from searches.services.searched_faces import opened_faces

# Rules look no further back.
SPAN = timedelta(days=365)
RELATED = ("authorizations", "examinations", "conclusions", "follow_ups")
# As plain lists: a manager for each row took longer than all the rest.
LISTS = [Prefetch(name, to_attr=f"its_{name}") for name in RELATED]
# What a fact is made of. It is asked of a year's searches whenever one has ended.
NEEDED = (
    *("agency_id", "case_id", "requested_by_id", "created_at", "purpose", "face_index", "state"),
    *("stage", "contract_id", "published_threshold", "probe__agency_id", "probe__faces"),
    *("probe__width", "probe__height", "probe__capture_kind"),
)


def whole_agency(agency_id: int) -> World:
    """Everything that its rules look at."""
    return _world(agency_id, _ran(), with_uses=True)


def around(search: Search) -> World:
    """All searches of the cases that one finished search concerns.

    Its own case, those of the same owner, those in which the person searched, and those in which
    a face like this one was searched for.
    """
    ran = _ran()
    concerned = Q(case=search.case_id) | Q(pk__in=_alike(search, ran))
    if search.requested_by_id is not None:
        concerned |= Q(requested_by_id=search.requested_by_id)
    if search.case.owner_id is not None:
        concerned |= Q(case__owner_id=search.case.owner_id)
    cases = set(ran.filter(concerned).values_list("case_id", flat=True))
    return _world(search.agency_id, ran.filter(case__in=cases), with_uses=False)


def _ran() -> "QuerySet[Search, Search]":
    """Searches that had a result, also when it is gone by now."""
    since = timezone.now() - SPAN
    return Search.objects.filter(created_at__gte=since, templates_searched__isnull=False)


def _alike(search: Search, ran: "QuerySet[Search, Search]") -> list[UUID]:
    """Searches of a face that is surely this one, as far as templates can say."""
    faces = opened_faces(search.agency_id, ran.values_list("pk", flat=True))
    own = faces.get(search.pk)
    if own is None:
        return []
    least = scale_of(search.published_threshold).surely
    return [
        pk
        for pk, face in faces.items()
        if face.contract == own.contract and float(face.vector @ own.vector) >= least
    ]


def _world(agency_id: int, rows: "QuerySet[Search, Search]", *, with_uses: bool) -> World:
    ordered = rows.select_related("probe").only(*NEEDED).order_by("created_at")
    found = list(ordered.prefetch_related(*LISTS))
    zone = ZoneInfo(Agency.objects.values_list("time_zone", flat=True).get(pk=agency_id))
    cropped = _cropped({one.probe_id for one in found})
    now = timezone.now().astimezone(zone)
    return World(
        now=now,
        searches=tuple(_search_fact(one, zone, one.probe_id in cropped) for one in found),
        cases=_cases({one.case_id for one in found}),
        people=_people(),
        faces=opened_faces(agency_id, [one.pk for one in found]),
        scales={one.contract_id: scale_of(one.published_threshold) for one in found},
        uses=tuple(uses_since(agency_id, now)) if with_uses else (),
    )


def _search_fact(row: Any, zone: ZoneInfo, cropped: bool) -> SearchFact:
    conclusions = list(row.its_conclusions)
    approved = [one for one in row.its_authorizations if one.decision == Decision.APPROVED]
    return SearchFact(
        id=row.pk,
        case=row.case_id,
        person=row.requested_by_id,
        at=row.created_at.astimezone(zone),
        purpose=row.purpose,
        portrait_like=_posed(row.probe, row.face_index, cropped),
        concluded=bool(conclusions),
        is_lead=any(one.outcome == Outcome.LEAD for one in conclusions),
        followed_up=bool(row.its_follow_ups),
        gone=row.stage in CONTENT_GONE,
        authorizer=approved[0].decided_by_id if approved else None,
        examiners=tuple(e.examiner_id for e in row.its_examinations if e.state == "submitted"),
    )


def _posed(probe: Probe, index: int, cropped: bool) -> bool:
    """By what is left of the probe; the kind stays when the picture is erased."""
    faces = probe.found_faces()
    face = faces[index] if index < len(faces) else None
    return looks_posed(
        face,
        width=probe.width,
        height=probe.height,
        kind=probe.capture_kind,
        cropped=cropped,
    )


def _cropped(probes: Iterable[UUID]) -> set[UUID]:
    edits = ProbeEdit.objects.filter(probe__in=list(probes), operation=str(Operation.CROP))
    return set(edits.values_list("probe_id", flat=True))


def _cases(cases: Iterable[UUID]) -> dict[UUID, CaseFact]:
    rows = Case.objects.filter(pk__in=list(cases))
    return {
        pk: CaseFact(pk, opened_by, owner)
        for pk, opened_by, owner in rows.values_list("pk", "opened_by_id", "owner_id")
    }


def _people() -> dict[int, PersonFact]:
    rows = Membership.objects.values_list("user_id", "user__name", "user__email")
    return {pk: PersonFact(pk, name, email) for pk, name, email in rows}
