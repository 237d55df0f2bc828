"""Everything that documents say about one concluded search, read once."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from accounts.access import files_of
from accounts.models import Agency
from portal.keys import KeyProblem
from portal.storage import FileStore, MissingFile
from searches.error_rates import evaluation_of
from searches.faults import Fault
from searches.models import (
    Authorization,
    Candidate,
    Conclusion,
    EngineEvaluation,
    Examination,
    ExaminationItem,
    ExaminationState,
    FollowUp,
    Gallery,
    Search,
    SearchedGrant,
    SearchToken,
    Stage,
)
from searches.models.search import WITH_FACES
from searches.models.stage import CONTENT_GONE
from searches.sealed import texts_of
from searches.services.concluding import lead_candidates
from searches.services.stages import require_unlocked


@dataclass(frozen=True, slots=True)
class Looked:
    """A face of an examination with its comment; a face without a candidate is a distractor."""

    item: ExaminationItem
    comment: str


@dataclass(frozen=True, slots=True)
class Round:
    """One examination, its faces in the order in which the examiner saw them."""

    examination: Examination
    faces: Sequence[Looked]

    @property
    def distractors(self) -> list[Looked]:
        return [face for face in self.faces if face.item.candidate_id is None]

    def on(self, candidate: Candidate) -> Looked | None:
        found = (face for face in self.faces if face.item.candidate_id == candidate.pk)
        return next(found, None)


@dataclass(frozen=True, slots=True)
class SearchedVersion:
    """A gallery as it was searched; without a version for searches from before tokens."""

    gallery: Gallery
    version: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SharedVersion:
    """A gallery of another agency as it was searched, and by which grant."""

    row: SearchedGrant
    version: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Dossier:
    """A concluded search with what belongs to it. `rounds` are submitted, `returned` are not."""

    agency: Agency
    search: Search
    token: SearchToken | None
    galleries: Sequence[SearchedVersion]
    shared: Sequence[SharedVersion]
    authorization: Authorization | None
    candidates: Sequence[Candidate]
    rounds: Sequence[Round]
    returned: Sequence[Examination]
    conclusion: Conclusion
    leads: frozenset[int]
    follow_ups: Sequence[tuple[FollowUp, str]]
    evaluation: EngineEvaluation | None
    """The measured error rates of the engine that were known at the conclusion."""
    files: FileStore

    def stored(self, key: str) -> bytes | None:
        """A stored file; None when there is none or it cannot be read any more."""
        try:
            return self.files.get(key) if key else None
        except (MissingFile, KeyProblem):
            return None


def require_documents(search: Search) -> None:
    """Raises Fault unless the search may be told about: concluded, not erased, not locked."""
    if search.stage in CONTENT_GONE:
        raise Fault("content_erased")
    if search.stage != Stage.CONCLUDED:
        raise Fault("not_concluded")
    require_unlocked(search)


def dossier_of(search: Search) -> Dossier:
    """Raises Fault as `require_documents` does."""
    require_documents(search)
    token = search.tokens.first()
    every = list(search.examinations.order_by("round", "started_at"))
    follow_ups = list(search.follow_ups.order_by("reported_at"))
    conclusion = search.conclusions.get()
    return Dossier(
        agency=Agency.objects.get(pk=search.agency_id),
        search=search,
        token=token,
        galleries=_galleries(search, token),
        shared=_shared(search, token),
        authorization=search.authorizations.first(),
        candidates=_candidates(search),
        rounds=_rounds([e for e in every if e.state == ExaminationState.SUBMITTED]),
        returned=[e for e in every if e.state == ExaminationState.RETURNED],
        conclusion=conclusion,
        leads=frozenset(lead_candidates(search)),
        follow_ups=list(zip(follow_ups, texts_of(follow_ups, "note_sealed"), strict=True)),
        evaluation=evaluation_of(search.contract_id, until=conclusion.concluded_at),
        files=files_of(search.agency_id),
    )


def _candidates(search: Search) -> list[Candidate]:
    rows = search.candidates.select_related(*WITH_FACES)
    return list(rows.order_by("rank"))


def _galleries(search: Search, token: SearchToken | None) -> list[SearchedVersion]:
    sealed: dict[UUID, Mapping[str, Any]] = {}
    if token is not None:
        sealed = {UUID(one["id"]): one for one in json.loads(token.document)["galleries"]}
    rows = search.searched_galleries.select_related("gallery").order_by("gallery__name")
    return [SearchedVersion(row.gallery, sealed.get(row.gallery_id, {})) for row in rows]


def _shared(search: Search, token: SearchToken | None) -> list[SharedVersion]:
    sealed: dict[str, Mapping[str, Any]] = {}
    if token is not None:
        grants = json.loads(token.document).get("grants", [])
        sealed = {one["grant"]: one["gallery"] for one in grants}
    rows = search.searched_grants.all()
    return [SharedVersion(row, sealed.get(str(row.grant_id), {})) for row in rows]


def _rounds(examinations: Sequence[Examination]) -> list[Round]:
    rows = ExaminationItem.objects.filter(examination__in=examinations)
    items = list(rows.select_related(*WITH_FACES).order_by("position"))
    looked = [Looked(*pair) for pair in zip(items, texts_of(items, "comment_sealed"), strict=True)]
    return [
        Round(one, [face for face in looked if face.item.examination_id == one.pk])
        for one in examinations
    ]
