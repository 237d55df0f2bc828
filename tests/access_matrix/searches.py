"""Searches, their authorization, their examinations, and examiners on loan."""

from accounts.models import Role
from searches.services.examining import start_examination
from searches.urls_lending import LENT_PAGES
from tests.access_matrix.area import Area, Arguments, L, Posts, Table
from tests.access_matrix.ground import Ground
from tests.factories import (
    PDF,
    make_actor,
    make_loan,
    make_probe,
    make_refusal,
    make_search,
    person_jpeg,
)

# Somebody else's examination: of the workbench there is no sight but one's own.
THEIRS = [403, 403, 403, 403, 403, 404, 403, L]
OF_EXAMINATION = (
    "examination",
    "examination_submit",
    "examination_probe_face",
    "examination_probe_close_up",
    "examination_probe_picture",
    "examination_probe_original",
)
AT_FACE = (
    "examination_face",
    "examination_decide",
    "examination_face_portrait",
    "examination_face_close_up",
    "examination_face_picture",
)
# Loans of another agency exist for nobody but the person lent: tests/searches/lending/.
NOT_LENT = [404, 404, 404, 404, 404, 404, 403, L]

TABLE: Table = {
    "searches": [200, 403, 200, 200, 403, 200, 403, L],
    "search": [200, 403, 200, 200, 403, 404, 403, L],
    "search_document": [200, 403, 200, 200, 403, 404, 403, L],
    "search_receipt": [200, 403, 200, 200, 403, 404, 403, L],
    "search_follow_up": [422, 403, 422, 422, 403, 404, 403, L],  # without an outcome
    "work": [200, 200, 200, 200, 200, 200, 403, L],
    "work_section": [404, 404, 200, 404, 404, 200, 403, L],  # authorizations
    "authorizations": [403, 403, 200, 403, 403, 200, 403, L],
    "authorization": [403, 403, 200, 403, 403, 404, 403, L],
    "authorization_refuse": [403, 403, 200, 403, 403, 404, 403, L],
    "search_report": [409, 403, 409, 409, 403, 404, 403, L],  # not concluded yet
    "search_bundle": [403, 403, 409, 409, 403, 404, 403, L],
    "agreement": [403, 403, 200, 200, 403, 200, 403, L],
    **dict.fromkeys((*OF_EXAMINATION, *AT_FACE), THEIRS),
    "examination_take": [403, 302, 403, 403, 403, 404, 403, L],  # somebody has it: a message
    "examination_return": [403, 403, 200, 403, 403, 404, 403, L],
    "search_lend": [403, 403, 200, 403, 403, 404, 403, L],
    "loan_revoke": [403, 403, 200, 403, 403, 404, 403, L],
    "loans": [403, 200, 403, 403, 403, 200, 403, L],
    "lent": [403, 404, 403, 403, 403, 404, 403, L],
    "loan_decline": NOT_LENT,
    "lent_out": [403, 403, 200, 403, 200, 200, 403, L],
    "loan_recall": [403, 403, 404, 403, 404, 404, 403, L],
    **{f"lent_{name}": NOT_LENT for name in LENT_PAGES},
}
POST_ONLY = ("search_bundle", "search_follow_up", "examination_take", "examination_decide")


def arguments(ground: Ground) -> Arguments:
    case, gallery, search = ground.case, ground.gallery, ground.search
    awaiting = make_search(
        make_probe(case, person_jpeg(3)),
        [gallery],
        run=False,
        basis="authorized",
        reference="12/2026",
        document=PDF,
    )
    refused = make_refusal(make_probe(case, person_jpeg(4)), gallery)
    loan = make_loan(search, "somebody@elsewhere.example")
    # By a person who is not in the table.
    examiner = make_actor(ground.alder.pk, "eve", Role.EXAMINER)
    examination = start_examination(actor=examiner, search=search)
    deciding = ("search_document", "authorization", "authorization_refuse")
    of_search = ("search", "search_follow_up", "search_report", "search_bundle")
    return {
        **{name: [search.pk] for name in of_search},
        **{name: [awaiting.pk] for name in deciding},
        "search_receipt": [refused.pk],
        "work_section": ["authorizations"],
        "examination_take": [search.pk],
        **{name: [examination.pk] for name in (*OF_EXAMINATION, "examination_return")},
        **{name: [examination.pk, 1] for name in AT_FACE},
        "search_lend": [search.pk],
        **{name: [loan.pk] for name in ("loan_revoke", "lent", "loan_decline", "loan_recall")},
        **{f"lent_{name}": [loan.pk] for name in LENT_PAGES},
        **{f"lent_{name}": [loan.pk, 1] for name in AT_FACE},
    }


def posts(ground: Ground) -> Posts:
    return {
        "search_bundle": {},
        "authorization": {"reason": "The warrant is valid"},
        "authorization_refuse": {"reason": "The warrant is not valid"},
        "examination_take": {},
        "examination_decide": {"disposition": "excluded", "nose": "dissimilar"},
        "examination_submit": {},
        "examination_return": {},
        "search_lend": {"email": "x@birch.example", "days": 7, "reason": "Nobody is here"},
        "loan_revoke": {},
        "lent": {},
        "loan_decline": {},
        "loan_recall": {},
        "lent_examination_decide": {},
        "lent_examination_submit": {},
        "lent_examination_return": {},
    }


AREA = Area(TABLE, POST_ONLY, arguments, posts)
