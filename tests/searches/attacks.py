"""Raw SQL against the rules of the procedure, as whoever holds the app role might send it.

Each attack is a sentence of what must hold, statements, and the words of the refusal. Names in
%(...)s are those of tests/searches/staged.py. `clone` writes a row like another.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Attack:
    says: str
    sql: tuple[str, ...]
    refusal: str


def attack(says: str, refusal: str, *sql: str) -> Attack:
    return Attack(says, sql, refusal)


NEW_ID = {
    "searches_candidate": "nextval('searches_candidate_id_seq')",
    "searches_searchtoken": "nextval('searches_searchtoken_id_seq')",
    "searches_searchedgallery": "nextval('searches_searchedgallery_id_seq')",
}


def clone(table: str, where: str, **changes: str) -> str:
    """INSERT a row like the first that `where` finds; `changes` are SQL expressions by column."""
    changes = {"id": NEW_ID.get(table, "gen_random_uuid()"), **changes}
    if table == "searches_search":
        changes = {"submission_key": "gen_random_uuid()", **changes}
    pairs = ", ".join(f"'{column}', {value}" for column, value in changes.items())
    return (
        f"INSERT INTO {table} SELECT (jsonb_populate_record(t, jsonb_build_object({pairs}))).*"
        f" FROM {table} AS t WHERE {where} LIMIT 1"
    )


def update(table: str, change: str, where: str) -> str:
    return f"UPDATE {table} SET {change} WHERE {where}"


def search(change: str, name: str) -> str:
    return update("searches_search", change, f"id = %({name})s")


def item(name: str, **changes: str) -> str:
    """An item like that of this name, at another position."""
    return clone("searches_examinationitem", f"t.id = %({name})s", position="99", **changes)


def examination(of: str, round: int, examiner: str, **changes: str) -> str:
    base = {"search_id": f"%({of})s", "round": str(round), "examiner_id": f"%({examiner})s"}
    fresh = {"state": "'open'", "submitted_at": "NULL", "requested_by_id": "NULL"}
    return clone("searches_examination", "t.id = %(done)s", **base | fresh | changes)


def conclusion(of: str, outcome: str = "'lead'") -> str:
    return clone(
        "searches_conclusion", "t.search_id = %(concluded)s", search_id=f"%({of})s", outcome=outcome
    )


def authorization(of: str, by: str, **changes: str) -> str:
    base = {"search_id": f"%({of})s", "decided_by_id": f"%({by})s", "requested_by_id": "NULL"}
    where = "t.search_id = %(refused)s"
    return clone("searches_authorization", where, **base | {"decision": "'approved'"} | changes)


RECORD = (
    "INSERT INTO audit_auditentry (agency_id, action, actor_label, source, subject_type,"
    " subject_id, data) VALUES (%(agency)s, 'search.concluded', 'forged', '', 'search',"
    " %(ready)s::text, '{}')"
)
HOUR = "interval '1 hour'"
DONE = "state = 'done', contract_id = 'x', templates_searched = 0"

STAGES = [
    attack("no search is concluded before it is examined", "stage_order",
           search("stage = 'concluded'", "fresh")),
    attack("no search is concluded without a conclusion", "stage_order",
           search("stage = 'concluded'", "ready")),
    attack("no search runs before it is authorized", "stage_order",
           search("stage = 'queued', state = 'queued'", "waiting")),
    attack("no search is examined that no worker had", "not_searched",
           search(f"stage = 'examination', {DONE}", "queued")),
    attack("no worker ends a search without what it compared", "not_searched",
           search("stage = 'examination', state = 'done'", "running")),
    attack("no result is had without a reserved search", "lacks its token, quota",
           search(f"stage = 'examination', {DONE}", "running")),
    attack("the second examination follows the first", "stage_order",
           search("stage = 'second_examination'", "at_first")),
    attack("nobody adjudicates what nobody disputes", "stage_order",
           search("stage = 'adjudication'", "ready")),
    attack("no conclusion is taken back", "stage_order",
           search("stage = 'second_examination'", "concluded")),
    attack("no refused search runs", "stage_order",
           search("stage = 'queued', state = 'queued'", "refused")),
    attack("no failed search runs again", "stage_order",
           search("stage = 'queued', state = 'queued'", "failed")),
    attack("no search is refused without a refusal", "stage_order",
           search("stage = 'refused', state = 'failed', failure_code = 'x'", "waiting")),
    attack("nothing is erased without a receipt", "lacks its token",
           search("stage = 'erased'", "fresh")),
    attack("a stage has its state", "search_stage_fits_state", search("state = 'queued'", "fresh")),
    attack("there is no other stage", "stage_order",
           search("stage = 'identified'", "fresh")),
    attack("no search is deleted", "is not deleted",
           "DELETE FROM searches_search WHERE id = %(failed)s"),
    attack("two searches do not swap their ids", "grounds of a search do not change",
           search("id = gen_random_uuid()", "failed"), search("id = %(failed)s", "queued")),
]  # fmt: skip

CHANGES = {
    "purpose": "'identity_fraud'",
    "basis": "'urgent', authorize_by = now(), \"authorization\" = 'after'",
    '"authorization"': "'before'",
    "authorize_by": f"authorize_by + {HOUR}",
    '"limit"': "2",
    "requested_by_id": "%(analyst)s",
    "requested_by_label": "'Nobody'",
    "face_index": "1",
    "case_id": "gen_random_uuid()",
    "probe_id": "gen_random_uuid()",
    "document_sha256": "repeat('a', 64)",
    "document_type": "'image/png'",
    "created_at": f"created_at - {HOUR}",
    "submission_key": "gen_random_uuid()",
    "agency_id": "0",
    "reason_sealed": "'\\x01'",
    "facts_sealed": "''",
    "reference_sealed": "'\\x02'",
    "document_key": "'1/other'",
    "templates_searched": "1",
    "contract_id": "'other'",
    "scale": "'other'",
    "published_threshold": "0.1",
    "comparison": "'{\"scanned\": [1]}'",
}
GROUNDS = [
    attack(f"the {column.strip(chr(34))} of a search does not change", "change",
           search(f"{column} = {value}", "urgent"))
    for column, value in CHANGES.items()
]  # fmt: skip


def _new(of: str, **changes: str) -> str:
    usual = {"stage": "'queued'", "state": "'queued'", "claim": "NULL"}
    return clone("searches_search", f"t.id = %({of})s", **usual | changes)


WAITS = {"stage": "'awaiting_authorization'", "state": "'held'"}
NEW_SEARCHES = [
    attack("no search begins without a purpose", "has a purpose|purpose_not_licensed",
           _new("urgent", purpose="''")),
    attack("no search begins for an unlicensed purpose", "purpose_not_licensed",
           _new("urgent", purpose="'identity_fraud'")),
    attack("no search begins without a basis", "grounds_missing",
           _new("fresh", basis="''")),
    attack("no search begins without a reason", "grounds_missing",
           _new("urgent", reason_sealed="''")),
    attack("no search begins without its facts", "grounds_missing",
           _new("fresh", facts_sealed="''", **WAITS, authorization="'before'")),
    attack("no warrant goes without a document", "grounds_missing",
           _new("waiting", document_sha256="''", **WAITS)),
    attack("no warrant goes without a reference", "grounds_missing",
           _new("waiting", reference_sealed="''", **WAITS)),
    attack("no warrant searches at once", "search_authorization",
           _new("waiting", authorization="'after'", authorize_by="now()")),
    attack("nobody gives themselves 72 hours", "authorize_by",
           _new("urgent", authorize_by="now() + interval '72 hours'")),
    attack("nobody gives themselves for ever", "authorize_by",
           _new("urgent", authorize_by="'infinity'")),
    attack("the policy of the agency is not passed by", "authorization_needed", _new("fresh")),
    attack("a search begins at its first stage", "first stage",
           _new("urgent", stage="'concluded'", state="'done'")),
    attack("a search that waits is not queued", "first stage",
           _new("waiting", authorization="'before'")),
    attack("no search is queued without a token", "lacks its token", _new("urgent")),
    attack("no search lists more than fifty", "search_limit", _new("urgent", limit="51")),
]  # fmt: skip

AUTHORIZATIONS = [
    attack("nobody authorizes their own, whatever they say", "nobody_authorizes_their_own",
           authorization("own", "deputy", requested_by_id="%(analyst)s")),
    attack("no analyst authorizes", "not_entitled", authorization("waiting", "analyst")),
    attack("no stranger authorizes", "not_entitled",
           authorization("waiting", "analyst", decided_by_id="-1")),
    attack("no authorization goes without a reason", "has a reason",
           authorization("waiting", "supervisor", reason_sealed="''")),
    attack("nothing is authorized that needs none", "not_awaiting",
           authorization("fresh", "supervisor")),
    attack("nothing is decided twice", "not_awaiting|authorization_once",
           authorization("refused", "supervisor")),
    attack("there is no third decision", "authorization_decision|takes effect",
           authorization("urgent", "supervisor", decision="'maybe'")),
    attack("a refusal ends its search", "takes effect at once",
           authorization("urgent_ready", "supervisor", decision="'refused'")),
    attack("an approval lets its search run", "takes effect at once",
           authorization("waiting", "supervisor")),
    attack("no decision changes", "append-only", update(
        "searches_authorization", "decision = 'approved'", "search_id = %(refused)s")),
    attack("no decision moves to another search", "append-only", update(
        "searches_authorization", "search_id = %(waiting)s", "search_id = %(refused)s")),
    attack("no decision is deleted", "append-only",
           "DELETE FROM searches_authorization WHERE search_id = %(refused)s"),
    attack("no decision comes before its search", "comes after its search",
           authorization("waiting", "deputy", search_id="'00000000-0000-4000-8000-000000000001'"),
           _new("waiting", id="'00000000-0000-4000-8000-000000000001'", **WAITS)),
]  # fmt: skip


def _token(of: str) -> str:
    return clone("searches_searchtoken", "t.search_id = %(urgent)s", search_id=f"%({of})s")


def _gallery(of: str) -> str:
    where = "t.search_id = %(urgent)s"
    changes = {"search_id": f"%({of})s", "gallery_id": "%(other_gallery)s"}
    return clone("searches_searchedgallery", where, **changes)


SEALS = [
    attack("no token is sealed before the authorization", "between", _token("waiting")),
    attack("no second token is sealed", "search_token_once", _token("queued")),
    attack("no token is sealed after the search", "between", _token("fresh")),
    attack("no token changes", "append-only",
           "UPDATE searches_searchtoken SET document = '{}' WHERE search_id = %(queued)s"),
    attack("no token lives longer", "append-only",
           "UPDATE searches_searchtoken SET expires_at = 'infinity' WHERE search_id = %(queued)s"),
    attack("no token moves to another search", "append-only",
           "UPDATE searches_searchtoken SET search_id = %(waiting)s WHERE search_id = %(queued)s"),
    attack("no token is deleted", "append-only",
           "DELETE FROM searches_searchtoken WHERE search_id = %(queued)s"),
    attack("no gallery comes to a search that waits", "galleries of a search do not change",
           _gallery("waiting")),
    attack("no gallery comes to a sealed search", "galleries of a search do not change",
           _gallery("queued")),
    attack("no gallery comes to an examined search", "galleries of a search do not change",
           _gallery("at_second")),
    attack("no gallery leaves a search", "append-only until",
           "DELETE FROM searches_searchedgallery WHERE search_id = %(queued)s"),
    attack("no gallery of a search is another", "append-only until", update(
        "searches_searchedgallery", "gallery_id = %(other_gallery)s", "search_id = %(queued)s")),
    attack("no face comes to a search that does not run", "come from a running search", clone(
        "searches_searchedface", "t.search_id = %(concluded)s", search_id="%(queued)s")),
    attack("no face of a search is another", "append-only until", update(
        "searches_searchedface", "sealed = 'x'", "search_id = %(concluded)s")),
    attack("no face of a search goes before its search", "append-only until",
           "DELETE FROM searches_searchedface WHERE search_id = %(concluded)s"),
    attack("no receipt is had for what is there", "not_erased", clone(
        "searches_erasurereceipt", "t.search_id = %(refused)s", search_id="%(concluded)s")),
    attack("no erasure goes before what it erases", "not_erased",
           search("stage = 'erased'", "fresh"), clone("searches_erasurereceipt",
           "t.search_id = %(refused)s", search_id="%(fresh)s")),
    attack("no receipt changes", "append-only",
           "UPDATE searches_erasurereceipt SET document = '{}' WHERE search_id = %(refused)s"),
    attack("no receipt is deleted", "append-only",
           "DELETE FROM searches_erasurereceipt WHERE search_id = %(refused)s"),
]  # fmt: skip
