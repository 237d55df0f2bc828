"""What somebody with the app role tries on a search in the middle of its procedure.

%(search)s is the search, %(other)s another one of the agency. Some of it is allowed at some stages;
whatever comes of it has to satisfy tests/searches/procedure_invariants.py.
"""

from tests.searches.attacks import clone, update

OF = "search_id = %(search)s"
SEARCH = "id = %(search)s"
LAST = f"(SELECT id FROM searches_examination WHERE {OF} ORDER BY started_at DESC LIMIT 1)"
CONCLUDE = (
    "INSERT INTO searches_conclusion (agency_id, id, search_id, outcome, statement_version,"
    " concluded_at) VALUES (%(agency)s, gen_random_uuid(), %(search)s, {}, 1, now())"
)
OUTCOME = "searches_outcome(%(agency)s, %(search)s)"
EXAMINE = (
    "INSERT INTO searches_examination (agency_id, id, search_id, round, examiner_id,"
    " examiner_label, state, started_at) VALUES (%(agency)s, gen_random_uuid(), %(search)s, {},"
    " {}, 'forged', 'open', now())"
)
FACES = (
    "INSERT INTO searches_examinationitem (agency_id, id, examination_id, position, candidate_id,"
    " gallery_id, subject_id, image_id, disposition, features, comment_sealed) SELECT agency_id,"
    f" gen_random_uuid(), {LAST}, rank, id, gallery_id, subject_id, image_id, '', '{{}}', ''"
    f" FROM searches_candidate WHERE {OF}"
)
SUBMIT = update(
    "searches_examination", "state = 'submitted', submitted_at = now()", f"{OF} AND state = 'open'"
)
AUTHORIZE = (
    "INSERT INTO searches_authorization (agency_id, id, search_id, decision, decided_by_id,"
    " decided_by_label, requested_by_id, reason_sealed, decided_at) VALUES (%(agency)s,"
    " gen_random_uuid(), %(search)s, {}, {}, 'forged', NULL, '\\x01', now())"
)
REQUESTER = f"(SELECT requested_by_id FROM searches_search WHERE {SEARCH})"


def stage(name: str, *also: str) -> str:
    return update("searches_search", ", ".join([f"stage = '{name}'", *also]), SEARCH)


DONE = ("state = 'done'", "contract_id = 'x'", "templates_searched = 0")
ITEM = "searches_examinationitem"
RAW: dict[str, tuple[str, ...]] = {
    "queue": (stage("queued", "state = 'queued'"),),
    "examine unsearched": (stage("examination", *DONE),),
    "second": (stage("second_examination"),),
    "adjudicate": (stage("adjudication"),),
    "conclude": (stage("concluded"),),
    "refuse": (stage("refused", "state = 'failed'", "failure_code = 'x'"),),
    "erase": (stage("erased"),),
    "expire": (stage("expired", "state = 'failed'", "failure_code = 'x'"),),
    "lead": (CONCLUDE.format("'lead'"), stage("concluded")),
    "no lead": (CONCLUDE.format("'no_lead'"), stage("concluded")),
    "outcome without a record": (CONCLUDE.format(OUTCOME), stage("concluded")),
    "run by hand": (
        update("searches_search", "state = 'running', claim = gen_random_uuid()", SEARCH),
        stage("examination", *DONE),
    ),
    "put back": (update("searches_search", "state = 'queued'", SEARCH),),
    "requester": (update("searches_search", "requested_by_id = %(second)s", SEARCH),),
    "no authorization": (update("searches_search", "\"authorization\" = 'none'", SEARCH),),
    "later": (update("searches_search", "authorize_by = authorize_by + interval '1 day'", SEARCH),),
    "swap": (
        update("searches_search", "id = '00000000-0000-4000-8000-00000000000a'", SEARCH),
        update("searches_search", "id = %(search)s", "id = %(other)s"),
        update("searches_search", "id = %(other)s", "id = '00000000-0000-4000-8000-00000000000a'"),
    ),
    "examination for second": (EXAMINE.format(1, "%(second)s"), FACES, SUBMIT),
    "second examination for third": (EXAMINE.format(2, "%(third)s"), SUBMIT),
    "second examination by the requester": (EXAMINE.format(2, REQUESTER), FACES, SUBMIT),
    "adjudication by the requester": (EXAMINE.format(3, REQUESTER), SUBMIT),
    "submit": (SUBMIT,),
    "take back": (update("searches_examination", "state = 'open', submitted_at = NULL", OF),),
    "give back": (
        update("searches_examination", "state = 'returned'", f"{OF} AND state = 'open'"),
    ),
    "change hands": (update("searches_examination", "examiner_id = %(third)s", OF),),
    "flip": (
        update(
            ITEM,
            "disposition = 'excluded', features = '{\"nose\": \"dissimilar\"}', decided_at = now()",
            f"examination_id = {LAST}",
        ),
    ),
    "undecide": (update(ITEM, "disposition = '', decided_at = NULL", f"examination_id = {LAST}"),),
    "fewer faces": (f"DELETE FROM {ITEM} WHERE examination_id = {LAST}",),
    "fewer examinations": (f"DELETE FROM searches_examination WHERE {OF}",),
    "fewer candidates": (f"DELETE FROM searches_candidate WHERE {OF}",),
    "one more candidate": (
        "INSERT INTO searches_candidate (agency_id, search_id, rank, gallery_id, subject_id,"
        " image_id, similarity) VALUES (%(agency)s, %(search)s, 2, %(other_gallery)s,"
        " %(stranger_subject)s, %(stranger)s, 0.9)",
    ),
    "one more gallery": (
        "INSERT INTO searches_searchedgallery (agency_id, search_id, gallery_id)"
        " VALUES (%(agency)s, %(search)s, %(other_gallery)s)",
    ),
    "other token": (
        clone("searches_searchtoken", "t.search_id = %(other)s", search_id="%(search)s"),
    ),
    "no token": (f"DELETE FROM searches_searchtoken WHERE {OF}",),
    "authorize oneself": (
        AUTHORIZE.format("'approved'", REQUESTER),
        stage("queued", "state = 'queued'"),
    ),
    "authorize as auditor": (AUTHORIZE.format("'approved'", "%(auditor)s"),),
    "refuse and go on": (AUTHORIZE.format("'refused'", "%(supervisor)s"),),
    "forget the decision": (f"DELETE FROM searches_authorization WHERE {OF}",),
    "forged receipt": (
        "INSERT INTO searches_erasurereceipt (agency_id, id, search_id, document, key_id,"
        " signature, erased_at) VALUES (%(agency)s, gen_random_uuid(), %(search)s, '{}', 'x', 'x',"
        " now())",
        stage("erased"),
    ),
    "forget the conclusion": (f"DELETE FROM searches_conclusion WHERE {OF}",),
}
