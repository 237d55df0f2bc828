"""The closed list of what can be recorded, and the fields each record must carry."""

from dataclasses import dataclass
from enum import StrEnum


class Action(StrEnum):
    LOGIN = "login"
    LOGIN_FAILED = "login.failed"
    LOGOUT = "logout"
    AGENCY_CREATED = "agency.created"
    AGENCY_SWITCHED = "agency.switched"
    MEMBER_ADDED = "member.added"
    GALLERY_CREATED = "gallery.created"
    SUBJECT_VIEWED = "subject.viewed"
    ENROLMENT_REQUESTED = "enrolment.requested"
    IMAGE_ENROLLED = "image.enrolled"
    IMAGE_REJECTED = "image.rejected"
    CASE_OPENED = "case.opened"
    CASE_VIEWED = "case.viewed"
    PROBE_UPLOADED = "probe.uploaded"
    PROBE_ANALYSED = "probe.analysed"
    PROBE_TURNED = "probe.turned"
    PROBE_REJECTED = "probe.rejected"
    PROBE_VIEWED = "probe.viewed"
    SEARCH_SUBMITTED = "search.submitted"
    SEARCH_FINISHED = "search.finished"
    SEARCH_FAILED = "search.failed"
    CANDIDATES_VIEWED = "candidates.viewed"


@dataclass(frozen=True, slots=True)
class Fields:
    """Names of the data fields an entry of one action has; content never belongs in them."""

    required: frozenset[str] = frozenset()
    optional: frozenset[str] = frozenset()


def _fields(*required: str, optional: tuple[str, ...] = ()) -> Fields:
    return Fields(frozenset(required), frozenset(optional))


FIELDS: dict[Action, Fields] = {
    Action.LOGIN: _fields(),
    Action.LOGIN_FAILED: _fields(),
    Action.LOGOUT: _fields(),
    Action.AGENCY_CREATED: _fields("slug"),
    Action.AGENCY_SWITCHED: _fields(),
    Action.MEMBER_ADDED: _fields("roles"),
    Action.GALLERY_CREATED: _fields("retention_days"),
    Action.SUBJECT_VIEWED: _fields("gallery"),
    Action.ENROLMENT_REQUESTED: _fields("gallery", "sha256"),
    Action.IMAGE_ENROLLED: _fields("gallery", "subject", "sha256", "contract"),
    Action.IMAGE_REJECTED: _fields("gallery", "code"),
    Action.CASE_OPENED: _fields(),
    Action.CASE_VIEWED: _fields(),
    Action.PROBE_UPLOADED: _fields("case", "sha256"),
    Action.PROBE_ANALYSED: _fields("faces", "contract"),
    Action.PROBE_TURNED: _fields("quarter_turns"),
    Action.PROBE_REJECTED: _fields("code"),
    Action.PROBE_VIEWED: _fields("case"),
    Action.SEARCH_SUBMITTED: _fields("case", "probe", "face", "galleries", "limit"),
    Action.SEARCH_FINISHED: _fields("candidates", "templates", "contract", "attempt"),
    Action.SEARCH_FAILED: _fields("code", "attempt"),
    Action.CANDIDATES_VIEWED: _fields("case"),
}
