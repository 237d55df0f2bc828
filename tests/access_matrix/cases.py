"""Cases with their notes and people, probes with their edits, and drafts of searches."""

import uuid

from searches.views.case_acts import ACTS
from tests.access_matrix.area import Area, Arguments, L, Posts, Table
from tests.access_matrix.ground import Ground
from tests.factories import CAPTURE_FIELDS, make_category, make_draft

TABLE: Table = {
    "search_new": [200, 403, 403, 403, 403, 200, 403, L],
    "drafts": [200, 403, 403, 403, 403, 200, 403, L],
    # The draft is the analyst's.
    "probe_draft": [302, 403, 403, 403, 403, 404, 403, L],
    "probe_new_draft": [302, 403, 403, 403, 403, 404, 403, L],
    "draft_discard": [200, 403, 403, 403, 403, 404, 403, L],
    "cases": [200, 403, 200, 200, 403, 200, 403, L],
    "case_new": [200, 403, 403, 403, 403, 200, 403, L],
    # The analyst is a member of the case and not its owner.
    "case": [200, 403, 200, 200, 403, 404, 403, L],
    "case_timeline": [200, 403, 200, 200, 403, 404, 403, L],
    "case_notes": [200, 403, 200, 200, 403, 404, 403, L],
    "case_member_add": [403, 403, 302, 403, 403, 404, 403, L],
    "case_member_end": [403, 403, 200, 403, 403, 404, 403, L],
    "case_owner": [403, 403, 200, 403, 403, 404, 403, L],
    "case_close": [403, 403, 403, 403, 403, 404, 403, L],
    "case_reopen": [403, 403, 200, 403, 403, 404, 403, L],
    "case_hold": [403, 403, 200, 403, 403, 404, 403, L],
    "case_lift": [403, 403, 200, 403, 403, 404, 403, L],
    "case_cap": [403, 403, 200, 403, 403, 404, 403, L],
    "categories": [403, 403, 403, 403, 200, 200, 403, L],
    "category": [403, 403, 403, 403, 200, 404, 403, L],
    "category_use": [403, 403, 403, 403, 302, 404, 403, L],
    "probe_new": [200, 403, 403, 403, 403, 404, 403, L],
    "probe": [200, 403, 403, 403, 403, 404, 403, L],
    "probe_turn": [302, 403, 403, 403, 403, 404, 403, L],
    "probe_progress": [200, 403, 403, 403, 403, 404, 403, L],
    "probe_edit": [302, 403, 403, 403, 403, 404, 403, L],
    "probe_undo": [302, 403, 403, 403, 403, 404, 403, L],
    "probe_original": [200, 403, 200, 200, 403, 404, 403, L],
    "probe_picture": [200, 403, 200, 200, 403, 404, 403, L],
    "probe_face": [200, 403, 200, 200, 403, 404, 403, L],
}
POST_ONLY = (
    *("probe_draft", "probe_new_draft", "probe_turn", "probe_edit", "probe_undo"),
    *("case_member_add", "category_use"),
)

ON_CASE = ("timeline", "notes", "member_add", "owner", *ACTS)
ON_PROBE = ("", "_draft", "_turn", "_progress", "_edit", "_undo", "_original", "_picture")


def arguments(ground: Ground) -> Arguments:
    case, probe = ground.case, ground.probe
    member = case.members.get(user_id=ground.user("untrained").pk)
    category = make_category(ground.alder, retired=True)
    return {
        "draft_discard": [make_draft(probe, ground.user("analyst")).pk],
        "case": [case.pk],
        **{f"case_{name}": [case.pk] for name in ON_CASE},
        "case_member_end": [case.pk, member.pk],
        "category": [category.pk],
        "category_use": [category.pk],
        "probe_new": [case.pk],
        "probe_new_draft": [case.pk],
        **{f"probe{name}": [probe.pk] for name in ON_PROBE},
        "probe_face": [probe.pk, 0],
    }


def posts(ground: Ground) -> Posts:
    probe, joiner = ground.probe, ground.joiner.user_id
    return {
        "probe_draft": {},
        "probe_new_draft": {},
        "draft_discard": {},
        "case_new": {"number": "X-1", "title": "x", "purpose": "missing_person"},
        "case_notes": {"text": "x"},
        "case_member_add": {"person": joiner},
        "case_member_end": {},
        "case_owner": {"person": joiner},
        **{f"case_{name}": {"reason": "For a good reason"} for name in ACTS},
        "case_cap": {"cap": 5, "reason": "For a good reason"},
        "categories": {"name": "x", "purpose": "missing_person"},
        "category": {"name": "x"},
        "category_use": {},
        "probe_new": {**CAPTURE_FIELDS, "submission_key": uuid.uuid4()},
        "probe_edit": {
            "operation": "rotate",
            "degrees": 5,
            "seen": probe.shown_as,
            "submission_key": uuid.uuid4(),
        },
        "probe_undo": {"seen": probe.shown_as},
        "probe": {
            "face": 0,
            "galleries": [ground.gallery.pk],
            "purpose": "missing_person",
            "limit": 20,
            "submission_key": uuid.uuid4(),
        },
        "probe_turn": {"direction": "left"},
    }


AREA = Area(TABLE, POST_ONLY, arguments, posts)
