"""Grants as pages list them, on both sides; each agency is asked in its own scope."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.functional import Promise

from accounts.agency_states import WORKING
from accounts.licensing import Terms, local_day
from accounts.models import Agency
from accounts.purposes import Purpose
from portal.tenancy import scope
from searches.models import Gallery, GalleryGrant, GrantState


@dataclass(frozen=True, slots=True)
class Grant:
    """A grant with the words around it; `agency` is the other one, empty where it is not told."""

    row: GalleryGrant
    state: GrantState
    agency: str
    gallery: str = ""
    source_kind: str = ""

    @property
    def is_open(self) -> bool:
        """Whether it can still be ended by hand."""
        return self.row.is_open and self.state != GrantState.ENDED

    @property
    def purposes(self) -> list[str | Promise]:
        return [Purpose(purpose).label for purpose in self.row.purposes]


@dataclass(frozen=True, slots=True)
class _Owner:
    """What the borrowing agency is told of an owner: its name and those of the galleries."""

    name: str
    today: date
    works: bool
    galleries: dict[UUID, Gallery]


def borrowed(agency_id: int) -> QuerySet[GalleryGrant]:
    """The grants that name an agency, in its scope."""
    # The manager shows one's own agency's rows; row-level security those that name it, too.
    rows: QuerySet[GalleryGrant] = GalleryGrant._base_manager.filter(borrower_id=agency_id)
    return rows.order_by("-granted_at")


def for_borrower(grants: Iterable[GalleryGrant]) -> list[Grant]:
    rows = list(grants)
    owners = _owners(rows)
    return [_for_borrower(row, owners[row.agency_id]) for row in rows]


def _for_borrower(row: GalleryGrant, owner: _Owner) -> Grant:
    gallery = owner.galleries[row.gallery_id]
    kind = str(gallery.get_source_kind_display())
    return Grant(row, row.state_on(owner.today), owner.name, gallery.name, kind)


def usable(agency_id: int, terms: Terms | None) -> list[Grant]:
    """The grants by which an agency may search now, under the terms of its license."""
    if terms is None:
        return []
    rows = list(borrowed(agency_id).filter(revoked_at=None, declined_at=None).order_by("pk"))
    rows = [row for row in rows if row.accepted_at and terms.purposes & set(row.purposes)]
    owners = _owners(rows)
    found = []
    for row in rows:
        owner = owners[row.agency_id]
        kind = owner.galleries[row.gallery_id].source_kind
        if owner.works and kind in terms.source_kinds:
            found.append(_for_borrower(row, owner))
    return [one for one in found if one.state == GrantState.STANDS]


def _owners(rows: Iterable[GalleryGrant]) -> dict[int, _Owner]:
    galleries: dict[int, set[UUID]] = defaultdict(set)
    for row in rows:
        galleries[row.agency_id].add(row.gallery_id)
    found = {}
    for owner_id, keys in galleries.items():
        with scope(owner_id):
            owner = Agency.objects.get(pk=owner_id)
            known = {one.pk: one for one in Gallery.every.filter(pk__in=keys)}
            today = local_day(timezone.now(), owner.time_zone)
            found[owner_id] = _Owner(owner.name, today, owner.state in WORKING, known)
    return found


def for_owner(grants: Iterable[GalleryGrant], today: date) -> list[Grant]:
    """For the owning agency: whom it granted what. Who that is, is told once it has answered."""
    rows = list(grants)
    told = {row.borrower_id for row in rows if row.accepted_at or row.declined_at}
    names = _names({key for key in told if key is not None})
    return [
        Grant(
            row,
            row.state_on(today),
            names.get(row.borrower_id, "") if row.accepted_at or row.declined_at else "",
            row.gallery.name,
        )
        for row in rows
    ]


def _names(agencies: Iterable[int]) -> dict[int | None, str]:
    found: dict[int | None, str] = {}
    for agency_id in agencies:
        with scope(agency_id):
            found[agency_id] = Agency.objects.values_list("name", flat=True).get(pk=agency_id)
    return found
