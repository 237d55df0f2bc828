"""The searches of a grant: taken when one is submitted, done with its result, or given back.

Everything here is written in the owner's scope, in the transaction of the agency that searches: no
result is without its use, and no use without its search.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from uuid import UUID

from django.db.models import F
from django.utils import timezone

from accounts.access import is_working
from accounts.actor import system_actor
from accounts.licensing import Terms, local_day
from accounts.models import Agency
from portal.audit.actions import Action
from portal.audit.recorder import record
from portal.tenancy import scope
from searches.faults import Fault
from searches.gallery_versions import GalleryVersion
from searches.models import (
    GalleryGrant,
    GrantState,
    GrantUse,
    Search,
    SearchedGrant,
    UseState,
)
from searches.services.registers import require_purpose_of_sources

JOB = "search"


def take_grants(search: Search, grants: Sequence[GalleryGrant], terms: Terms) -> None:
    """Take one search of each grant for a search that is being submitted. Raises Fault."""
    taken = []
    for named in sorted(grants, key=lambda grant: str(grant.pk)):
        with _standing(named.agency_id, named.pk, search) as grant:
            if grant.gallery.source_kind not in terms.source_kinds:
                raise Fault("source_kind_not_licensed")
            taken.append(_take(search, grant))
    SearchedGrant.objects.bulk_create(taken)


def _take(search: Search, grant: GalleryGrant) -> SearchedGrant:
    left = GalleryGrant.objects.filter(pk=grant.pk, searches_used__lt=F("searches_allowed"))
    if left.update(searches_used=F("searches_used") + 1) != 1:
        raise Fault("grant_used_up")
    use = GrantUse.objects.create(
        grant=grant,
        search_id=search.pk,
        purpose=search.purpose,
        basis=search.basis,
        searched_by_label=search.requested_by_label,
    )
    owner, gallery = Agency.objects.get(pk=grant.agency_id), grant.gallery
    return SearchedGrant(
        search=search,
        owner_id=owner.pk,
        owner_name=owner.name,
        grant_id=grant.pk,
        use_id=use.pk,
        gallery_id=gallery.pk,
        gallery_name=gallery.name,
        source_kind=gallery.source_kind,
        legal_basis=gallery.legal_basis,
    )


@contextmanager
def _standing(owner_id: int, grant_id: UUID, search: Search) -> Iterator[GalleryGrant]:
    """The owner's scope, with a grant that holds for this search and is held still in it.

    Raises Fault when it does not. Whether there are searches left is for `_take` to ask.
    """
    with scope(owner_id):
        rows = GalleryGrant.objects.select_for_update(of=("self",)).select_related("gallery")
        grant = rows.filter(pk=grant_id, borrower_id=search.agency_id).first()
        if grant is None or not is_working(owner_id) or grant.gallery.erased_at is not None:
            raise Fault("grant_over")
        zone = Agency.objects.values_list("time_zone", flat=True).get(pk=owner_id)
        state = grant.state_on(local_day(timezone.now(), zone))
        if state not in (GrantState.STANDS, GrantState.USED_UP):
            raise Fault("grant_over")
        if search.purpose not in grant.purposes:
            raise Fault("grant_purpose")
        require_purpose_of_sources(search.purpose, [grant.gallery_id])
        yield grant


def require_kinds(search: Search, terms: Terms) -> None:
    """Raise Fault unless the license still grants the kinds of other agencies' galleries."""
    kinds = search.searched_grants.values_list("source_kind", flat=True)
    if any(kind not in terms.source_kinds for kind in kinds):
        raise Fault("source_kind_not_licensed")


def require_grants(search: Search) -> None:
    """Raise Fault unless every grant of a search holds; in a transaction it is held still."""
    for row in search.searched_grants.order_by("grant_id"):
        with _standing(row.owner_id, row.grant_id, search):
            pass


def finish_grants(
    search: Search, candidates: Mapping[UUID, int], versions: Mapping[UUID, GalleryVersion]
) -> None:
    """Say in the owner's rows and record that the search gives its result now. Raises Fault.

    Both are by the ids of the searched grants: how many of its candidates each gallery gave, and
    which version of it was searched.
    """
    for row in search.searched_grants.order_by("grant_id"):
        found = candidates.get(row.pk, 0)
        with _standing(row.owner_id, row.grant_id, search) as grant:
            uses = GrantUse.objects.filter(pk=row.use_id, state=UseState.TAKEN)
            done = {"state": UseState.DONE, "ended_at": timezone.now(), "candidates": found}
            if uses.update(**done) != 1:
                raise Fault("grant_over")
            facts = {
                "grant": str(grant.pk),
                "agency": search.agency_id,
                "purpose": search.purpose,
                "search": str(search.pk),
                "candidates": found,
                "version": versions[row.pk].digest,
            }
            actor = system_actor(JOB, row.owner_id)
            record(actor, Action.GALLERY_SEARCHED_BY_OTHER, grant.gallery, facts)


def give_grants_back(search: Search) -> None:
    """The search gave no result: it takes nothing of the grants."""
    for row in search.searched_grants.order_by("grant_id"):
        with scope(row.owner_id):
            uses = GrantUse.objects.filter(pk=row.use_id, state=UseState.TAKEN)
            if uses.update(state=UseState.GIVEN_BACK, ended_at=timezone.now()):
                used = GalleryGrant.objects.filter(pk=row.grant_id)
                used.update(searches_used=F("searches_used") - 1)
