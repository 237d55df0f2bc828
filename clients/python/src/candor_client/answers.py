"""What the portal tells, as frozen dataclasses. Ids are texts; moments know their time zone."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, ClassVar

from candor_client.reading import Answer
from candor_client.waiting import Standing

JOB_BUSY = frozenset({"held", "queued", "running"})
JOB_ENDED = frozenset({"done", "failed"})


@dataclass(frozen=True, slots=True, kw_only=True)
class AgencyName(Answer):
    slug: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonName(Answer):
    email: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnToken(Answer):
    name: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Me(Answer):
    """Whom the token speaks for, and what it may do."""

    agency: AgencyName
    person: PersonName
    token: OwnToken
    permissions: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case(Answer):
    """`searches` is how many it has had, `search_cap` how many it may."""

    id: str
    number: str
    title: str
    purpose: str
    status: str
    category: str | None = None
    owner: str = ""
    on_hold: bool = False
    searches: int = 0
    search_cap: int = 0
    opened_by: str = ""
    created_at: datetime
    closed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress(Answer):
    """Files of an import; `rate` is in files a second, 0 while nothing is known."""

    total: int
    done: int
    enrolled: int
    already: int
    held: int
    rejected: int
    rate: float = 0.0
    remaining_seconds: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Import(Standing):
    """An import into a gallery; `received` of its `size` bytes are there."""

    PATH: ClassVar[str] = "imports/"
    BUSY: ClassVar[frozenset[str]] = frozenset({"checking", "running"})
    ENDED: ClassVar[frozenset[str]] = frozenset({"done", "cancelled", "failed"})

    stage: str
    code: str = ""
    detail: str = ""
    gallery: str = ""
    name: str = ""
    size: int
    received: int
    part_bytes: int
    report: Mapping[str, Any] = field(default_factory=dict)
    progress: Progress

    @property
    def standing(self) -> str:
        return self.stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Face(Answer):
    """A face that was found in a probe, in pixels; `index` is what a search names it by."""

    index: int
    left: float
    top: float
    width: float
    height: float
    eye_distance: int = 0
    advice: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe(Standing):
    """A picture to search with. Its faces are there once its state is `done`."""

    PATH: ClassVar[str] = "probes/"
    BUSY: ClassVar[frozenset[str]] = JOB_BUSY
    ENDED: ClassVar[frozenset[str]] = JOB_ENDED

    case: str
    state: str
    failure_code: str = ""
    faces: tuple[Face, ...] = ()
    searched: bool = False
    shown_as: str = ""
    captured_on: date | None = None
    capture_kind: str = ""
    width: int | None = None
    height: int | None = None

    @property
    def standing(self) -> str:
        return self.state


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeRow(Answer):
    """A probe in a list; `faces` is how many were found."""

    id: str
    case: str
    state: str
    failure_code: str = ""
    faces: int = 0
    searched: bool = False
    captured_on: date | None = None
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Search(Standing):
    """A search: `state` is the work of the machine, `stage` the procedure around it."""

    PATH: ClassVar[str] = "searches/"
    BUSY: ClassVar[frozenset[str]] = frozenset({"queued"})
    ENDED: ClassVar[frozenset[str]] = frozenset(
        {"concluded", "refused", "failed", "expired", "erased"}
    )

    case: str
    probe: str
    face: int
    purpose: str
    basis: str
    authorization: str
    limit: int
    state: str
    stage: str
    stage_since: datetime
    due_at: datetime | None = None
    authorize_by: datetime | None = None
    results_locked: bool = False
    outcome: str | None = None
    requested_by: str = ""
    created_at: datetime
    finished_at: datetime | None = None

    @property
    def standing(self) -> str:
        return self.stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure(Standing):
    """An erasure: `phase` is how far it is; once it is `proved` there is a signed receipt."""

    PATH: ClassVar[str] = "erasures/"
    BUSY: ClassVar[frozenset[str]] = JOB_BUSY
    ENDED: ClassVar[frozenset[str]] = JOB_ENDED

    state: str
    phase: str = ""
    target: str = ""
    cause: str = ""
    code: str = ""
    has_receipt: bool = False
    created_at: datetime
    finished_at: datetime | None = None

    @property
    def standing(self) -> str:
        return self.state


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement(Answer):
    """What one examiner decided about a candidate, in words."""

    round: str
    examiner: str
    disposition: str
    features: Mapping[str, str] = field(default_factory=dict)
    comment: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Worth(Answer):
    """How often strangers are as similar, 0..1 of searches; `rate` is None if below `least`."""

    text: str
    rate: float | None = None
    low: float
    high: float
    least: float
    n: int
    subjects: int
    wished: float | None = None
    is_within: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate(Answer):
    """A candidate of a concluded search. A lead at most, and never an identification."""

    rank: int
    reference: str | None = None
    subject: str | None = None
    image: str | None = None
    shared_face: str | None = None
    is_lead: bool
    is_below_threshold: bool = False
    similarity: float
    worth: Worth | None = None
    gallery: str = ""
    source_register: str = ""
    judgements: tuple[Judgement, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidates(Answer):
    """All candidates, the most similar first; the statement goes with them wherever they go."""

    scale: str
    statement: str
    thresholds: str = ""
    results: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Conclusion(Answer):
    """What the examinations came to; `leads` are ranks of candidates."""

    outcome: str
    statement: str
    concluded_at: datetime
    candidates: int
    leads: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundToTake(Answer):
    """An examination that nobody has taken; nothing is told of the search but its id."""

    search: str
    code: str
    round: int
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceToExamine(Answer):
    """A face by its position, and one's own decision about it."""

    position: int
    disposition: str = ""
    features: Mapping[str, str] = field(default_factory=dict)
    comment: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination(Answer):
    """One's own examination; its faces only where one examination is asked for."""

    id: str
    round: int
    state: str
    started_at: datetime
    submitted_at: datetime | None = None
    faces: tuple[FaceToExamine, ...] = ()
