"""The search in galleries that other agencies grant, and what comes back of it.

The comparison is done in the owner's scope, and so is the reading of pictures. Out of it come, for
those who are among the candidates and for nobody else, a similarity, copies of the picture, the day
it was collected, and a code that only the owner can read.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

import numpy as np
from numpy.typing import NDArray

from accounts.access import files_of
from accounts.models import Agency
from portal.keys import KeyProblem
from portal.storage import MissingFile
from portal.tenancy import scope
from searches.faults import Fault
from searches.files import NewFiles
from searches.images import ImageRejected
from searches.models import (
    Candidate,
    Contract,
    FaceImage,
    Gallery,
    Search,
    SearchedGrant,
    SharedFace,
)
from searches.scan.planning import Compared, compare
from searches.score_worth import GalleryScores
from searches.services.close_ups import enrolled_close_up, enrolled_picture
from searches.services.origins import seal_origin
from searches.services.sealed_grants import PermittedGrant
from searches.vectors import Hit


@dataclass(frozen=True, slots=True)
class Ranked:
    """A subject among the most similar; `row` says by which grant, None: of an own gallery."""

    hit: Hit
    row: SearchedGrant | None = None


@dataclass(frozen=True, slots=True)
class Copied:
    """What is taken over of a face of another agency's gallery."""

    row: SearchedGrant
    reference: str
    origin: bytes
    collected_on: date
    portrait: bytes
    close_up: bytes
    picture: bytes
    pk: UUID = field(default_factory=uuid4)


@dataclass(frozen=True, slots=True)
class FoundShared:
    """The most similar subjects of each gallery, and among how many templates.

    `scanned` says of those that were not compared in SQL how that was measured.
    """

    ranked: list[Ranked] = field(default_factory=list)
    templates: int = 0
    scanned: list[dict[str, Any]] = field(default_factory=list)


def search_grants(
    search: Search,
    permitted: Sequence[PermittedGrant],
    contract: Contract | None,
    vector: NDArray[np.float32],
) -> FoundShared:
    """What the galleries of other agencies have.

    Raises Fault for a gallery under another contract: templates of two are never compared.
    """
    found = FoundShared()
    for one in permitted:
        with scope(one.row.owner_id):
            enrolled = Gallery.objects.get(pk=one.row.gallery_id).contract_id
            if enrolled is None:  # nobody was ever enrolled
                continue
            if contract is None or enrolled != contract.pk:
                raise Fault("grant_other_contract")
            compared = compare(
                vector,
                contract_pk=contract.pk,
                galleries=[one.row.gallery_id],
                limit=search.limit,
                excluded=one.excluded,
                search=search,
            )
        found = FoundShared(
            [*found.ranked, *(Ranked(hit, one.row) for hit in compared.hits)],
            found.templates + compared.templates,
            [*found.scanned, *_by_grant(one, compared)],
        )
    return found


def _by_grant(one: PermittedGrant, compared: Compared) -> list[dict[str, Any]]:
    """How it was compared, by the grant: the gallery's id is its owner's."""
    named = {"grant": str(one.row.grant_id)}
    return [
        named | {name: value for name, value in scanned.items() if name != "gallery"}
        for scanned in compared.as_json()
    ]


def merged(own: Sequence[Hit], shared: Sequence[Ranked], limit: int) -> list[Ranked]:
    """One list, the most similar first; equal ones by the subject's id, as in one gallery."""
    every = [*(Ranked(hit) for hit in own), *shared]
    every.sort(key=lambda one: (-one.hit.similarity, str(one.hit.subject_id)))
    return every[:limit]


def counts_of(ranked: Sequence[Ranked]) -> Counter[UUID]:
    """How many candidates each searched grant gave, by its id."""
    return Counter(one.row.pk for one in ranked if one.row is not None)


def copy_faces(search: Search, ranked: Sequence[Ranked]) -> dict[int, Copied]:
    """Copies of the faces that are not the agency's own, by their place in the list.

    Raises Fault when a picture cannot be read: nobody could examine the candidate.
    """
    numbers: Counter[int] = Counter()
    copies: dict[int, Copied] = {}
    for place, one in enumerate(ranked):
        if one.row is not None:
            numbers[one.row.owner_id] += 1
            copies[place] = _copy(search, one.row, one.hit, numbers[one.row.owner_id])
    return copies


def _copy(search: Search, row: SearchedGrant, hit: Hit, number: int) -> Copied:
    with scope(row.owner_id):
        image = FaceImage.objects.filter(pk=hit.image_id).first()
        if image is None:
            raise Fault("galleries_changed")
        slug = Agency.objects.values_list("slug", flat=True).get(pk=row.owner_id)
        files = files_of(row.owner_id)
        named = {"subject": str(hit.subject_id), "grant": str(row.grant_id)}
        try:
            return Copied(
                row=row,
                reference=f"{slug}-{number}",
                origin=seal_origin(row.owner_id, search=str(search.pk), **named),
                collected_on=image.collected_on,
                portrait=files.get(image.portrait_key),
                close_up=enrolled_close_up(image),
                picture=enrolled_picture(image),
            )
        except (Fault, ImageRejected, MissingFile, KeyProblem) as error:
            raise Fault("grant_picture_unreadable") from error


def keep_candidates(
    search: Search,
    ranked: Sequence[Ranked],
    copies: dict[int, Copied],
    scores: Mapping[UUID, GalleryScores],
    files: NewFiles,
) -> None:
    """Write the candidate list, with copies of what is not the agency's own.

    `scores` say by gallery what a similarity is worth. Nobody measured other agencies' galleries.
    """
    SharedFace.objects.bulk_create(_shared_face(search, copy, files) for copy in copies.values())
    Candidate.objects.bulk_create(
        _candidate(search, place + 1, one, copies.get(place), scores)
        for place, one in enumerate(ranked)
    )


def _shared_face(search: Search, copy: Copied, files: NewFiles) -> SharedFace:
    return SharedFace(
        id=copy.pk,
        search=search,
        searched_grant=copy.row,
        reference=copy.reference,
        origin=copy.origin,
        collected_on=copy.collected_on,
        portrait_key=files.put(copy.portrait),
        close_up_key=files.put(copy.close_up),
        picture_key=files.put(copy.picture),
        picture_sha256=sha256(copy.picture).hexdigest(),
    )


def _candidate(
    search: Search,
    rank: int,
    one: Ranked,
    copy: Copied | None,
    scores: Mapping[UUID, GalleryScores],
) -> Candidate:
    candidate = Candidate(search=search, rank=rank, similarity=one.hit.similarity)
    if copy is not None:
        candidate.shared_id = copy.pk
        return candidate
    hit = one.hit
    candidate.gallery_id, candidate.subject_id = hit.gallery_id, hit.subject_id
    candidate.image_id = hit.image_id
    if hit.gallery_id in scores:
        candidate.worth = scores[hit.gallery_id].worth_of(hit.similarity)
    return candidate
