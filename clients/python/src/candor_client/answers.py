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
    """A face that was found in a probe; `index` is what a search names it by."""

    index: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe(Standing):
    """A picture to search with. Its faces are there once its state is `done`."""

    PATH: ClassVar[str] = "probes/"
    BUSY: ClassVar[frozenset[str]] = JOB_BUSY
    ENDED: ClassVar[frozenset[str]] = JOB_ENDED

    state: str
    case: str = ""
    captured_on: date | None = None
    shown_as: str = ""
    faces: tuple[Face, ...] = ()

    @property
    def standing(self) -> str:
        return self.state


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
    created_at: datetime | None = None
    finished_at: datetime | None = None

    @property
    def standing(self) -> str:
        return self.state
