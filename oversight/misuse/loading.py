"""The facts of an agency for the rules, read in its scope."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np
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
from searches.services.searched_faces import OpenedFace, opened_faces

# Rules look no further back.
SPAN = timedelta(days=365)
RELATED = ("authorizations", "examinations", "conclusions", "follow_ups")
# As plain lists: a manager for each row took longer than all the rest.
LISTS = [Prefetch(name, to_attr=f"its_{name}") for name in RELATED]
# What a fact is made of. It is asked of a year's searches when some have ended.
NEEDED = (
    *("agency_id", "case_id", "requested_by_id", "created_at", "purpose", "face_index", "state"),
    *("stage", "contract_id", "published_threshold", "probe__agency_id", "probe__faces"),
    *("probe__width", "probe__height", "probe__capture_kind"),
)


def whole_agency(agency_id: int) -> World:
    """Everything that its rules look at."""
    ran = _ran()
    faces = opened_faces(agency_id, ran.values_list("pk", flat=True))
    return _world(agency_id, ran, faces, with_uses=True)


def finished_since(moment: datetime) -> list[Search]:
    """The searches of the current agency that ended since then with a result."""
    return list(_ran().filter(finished_at__gte=moment).select_related("case"))


def around(agency_id: int, searches: Sequence[Search]) -> World:
    """All searches of the cases that some finished searches concern.

    Their own cases, those of the same owners, those in which the same people searched, and those in
    which faces like these were searched for.
    """
    ran = _ran()
    faces = opened_faces(agency_id, ran.values_list("pk", flat=True))
    cases = ran.filter(
        Q(case__in={one.case_id for one in searches})
        | Q(pk__in=_alike(searches, faces))
        | Q(requested_by_id__in={one.requested_by_id for one in searches} - {None})
        | Q(case__owner_id__in={one.case.owner_id for one in searches} - {None})
    ).values_list("case_id", flat=True)
    return _world(agency_id, ran.filter(case__in=set(cases)), faces, with_uses=False)


def _ran() -> "QuerySet[Search, Search]":
    """Searches that had a result, also when it is gone by now."""
    since = timezone.now() - SPAN
    return Search.objects.filter(created_at__gte=since, templates_searched__isnull=False)


def _alike(searches: Iterable[Search], faces: Mapping[UUID, OpenedFace]) -> set[UUID]:
    """Searches of a face that is surely one of these, as far as templates can say."""
    by_contract: dict[str, list[UUID]] = {}
    for pk, face in faces.items():
        by_contract.setdefault(face.contract, []).append(pk)
    known = {name: np.stack([faces[pk].vector for pk in pks]) for name, pks in by_contract.items()}
    found: set[UUID] = set()
    for one in searches:
        if (own := faces.get(one.pk)) is not None:
            close = known[own.contract] @ own.vector >= scale_of(one.published_threshold).surely
            found.update(by_contract[own.contract][index] for index in np.flatnonzero(close))
    return found


def _world(
    agency_id: int,
    rows: "QuerySet[Search, Search]",
    faces: Mapping[UUID, OpenedFace],
    *,
    with_uses: bool,
) -> World:
    """The facts of these searches; `faces` are theirs and perhaps others'."""
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
        faces={one.pk: faces[one.pk] for one in found if one.pk in faces},
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
