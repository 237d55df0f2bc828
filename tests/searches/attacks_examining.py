"""Raw SQL against candidates, examinations and conclusions; see tests/searches/attacks.py."""

from tests.searches.attacks import (
    HOUR,
    RECORD,
    attack,
    authorization,
    clone,
    conclusion,
    examination,
    item,
    search,
    update,
)

ITEM, EXAMINATION = "searches_examinationitem", "searches_examination"


def candidate(of: str, **changes: str) -> str:
    base = {"search_id": f"%({of})s", "rank": "5", **changes}
    return clone("searches_candidate", "t.id = %(fresh_candidate)s", **base)


OUTSIDER = {
    "subject_id": "(SELECT subject_id FROM searches_faceimage WHERE id = %(outsider)s)",
    "image_id": "%(outsider)s",
}
STRANGER = {
    "gallery_id": "%(other_gallery)s",
    "subject_id": "%(stranger_subject)s",
    "image_id": "%(stranger)s",
}
CANDIDATES = [
    attack("no candidate comes late", "running search", candidate("at_second", **OUTSIDER)),
    attack("no candidate comes early", "running search", candidate("queued", **OUTSIDER)),
    attack("no candidate comes after the conclusion", "running search",
           candidate("concluded", **OUTSIDER)),
    attack("no candidate is of a gallery that is not searched", "running search",
           candidate("running", **STRANGER)),
    attack("the list is no longer than asked for", "running search",
           candidate("running", rank="6")),
    attack("a candidate's picture is the subject's", "image_place",
           candidate("running", image_id="%(outsider)s")),
    attack("no candidate is more similar than identical", "candidate_cosine",
           candidate("running", similarity="2")),
    attack("no similarity changes", "append-only until", update(
        "searches_candidate", "similarity = 1", "search_id = %(fresh)s")),
    attack("no candidate moves to another search", "append-only until", update(
        "searches_candidate", "search_id = %(running)s", "id = %(fresh_candidate)s")),
    attack("no candidate is deleted", "append-only until",
           "DELETE FROM searches_candidate WHERE id = %(fresh_candidate)s"),
]  # fmt: skip

EXAMINATIONS = [
    attack("no analyst examines", "not_entitled", examination("fresh", 1, "analyst")),
    attack("no supervisor takes a first round", "not_entitled",
           examination("fresh", 1, "supervisor")),
    attack("nobody unknown examines", "not_entitled",
           examination("fresh", 1, "first", examiner_id="-1")),
    attack("no examiner adjudicates", "not_entitled", examination("disputed", 3, "third")),
    attack("nobody takes both rounds", "examiner_not_independent",
           examination("before_second", 2, "first")),
    attack("whoever gave a round back takes no other", "examiner_not_independent",
           examination("given_back", 2, "third")),
    attack("nobody reviews their own search", "nobody_reviews_their_own",
           examination("before_second", 2, "both", requested_by_id="%(analyst)s")),
    attack("no round is taken twice", "examination_round_once",
           examination("at_first", 1, "third")),
    attack("no round is taken before its time", "round_not_open",
           examination("fresh", 2, "second")),
    attack("no round is taken after its time", "round_not_open",
           examination("concluded", 2, "third")),
    attack("there is no fourth round", "round_not_open", examination("disputed", 4, "supervisor")),
    attack("no examination begins submitted", "examiner_not_independent",
           examination("fresh", 1, "first", state="'submitted'", submitted_at="now()")),
    attack("locked results are not examined", "results_locked", examination("late", 1, "first")),
    attack("no examination changes hands", "does not change",
           update(EXAMINATION, "examiner_id = %(third)s", "id = %(begun)s")),
    attack("no examination is put under another name", "does not change",
           update(EXAMINATION, "examiner_label = 'Somebody'", "id = %(begun)s")),
    attack("no examination changes its round", "does not change",
           update(EXAMINATION, "round = 2", "id = %(begun)s")),
    attack("no examination forgets the requester", "does not change",
           update(EXAMINATION, "requested_by_id = NULL", "id = %(blind)s")),
    attack("no examination moves to another search", "does not change",
           update(EXAMINATION, "search_id = %(fresh)s", "id = %(begun)s")),
    attack("no examination is antedated", "does not change",
           update(EXAMINATION, f"started_at = started_at - {HOUR}", "id = %(begun)s")),
    attack("no submitted examination opens again", "does not change",
           update(EXAMINATION, "state = 'open', submitted_at = NULL", "id = %(done)s")),
    attack("no submitted examination is given back", "does not change",
           update(EXAMINATION, "state = 'returned', submitted_at = NULL", "id = %(done)s")),
    attack("nothing undecided is submitted", "candidates_undecided",
           update(EXAMINATION, "state = 'submitted', submitted_at = now()", "id = %(begun)s")),
    attack("no examination leaves candidates out", "candidates_undecided",
           examination("fresh", 1, "first"),
           update(EXAMINATION, "state = 'submitted', submitted_at = now()",
                  "search_id = %(fresh)s")),
    attack("a submitted examination says when", "examination_submitted_at|undecided",
           update(EXAMINATION, "state = 'submitted'", "id = %(begun)s")),
    attack("no examination is deleted", "not deleted",
           "DELETE FROM searches_examination WHERE id = %(begun)s"),
]  # fmt: skip

NO_CANDIDATE = {"candidate_id": "NULL", "disposition": "''", "decided_at": "NULL"}
FACES = [
    attack("nothing is decided after the submission", "examination_closed",
           update(ITEM, "disposition = 'retained'", "id = %(done_item)s")),
    attack("no comment changes after the submission", "examination_closed",
           update(ITEM, "comment_sealed = '\\x01'", "id = %(done_item)s")),
    attack("no checklist changes after the submission", "examination_closed",
           update(ITEM, "features = '{}'", "id = %(done_item)s")),
    attack("no face leaves an examination", "not deleted",
           "DELETE FROM searches_examinationitem WHERE id = %(begun_item)s"),
    attack("no face leaves a submitted examination", "not deleted",
           "DELETE FROM searches_examinationitem WHERE id = %(done_item)s"),
    attack("no face comes to a submitted examination", "examination_closed",
           item("done_item", **NO_CANDIDATE, **OUTSIDER)),
    attack("the first round has no distractors", "does not belong",
           item("begun_item", **NO_CANDIDATE, **OUTSIDER)),
    attack("no candidate is a distractor", "does not belong|item_subject_once",
           item("blind_item", **NO_CANDIDATE)),
    attack("no distractor is of a gallery that is not searched", "does not belong",
           item("blind_item", **NO_CANDIDATE, **STRANGER)),
    attack("a distractor's picture is not a candidate's", "image_place|item_subject_once",
           "UPDATE searches_examinationitem SET position = position WHERE id = %(blind_item)s",
           item("blind_item", **{**NO_CANDIDATE, **OUTSIDER, "image_id":
                "(SELECT image_id FROM searches_candidate WHERE id = %(fresh_candidate)s)"})),
    attack("no candidate of another search is examined", "does not belong",
           item("begun_item", disposition="''", decided_at="NULL",
                candidate_id="%(fresh_candidate)s")),
    attack("what is undisputed is not adjudicated", "does not belong",
           item("word_item", disposition="''", decided_at="NULL", candidate_id="%(undisputed)s")),
    attack("no face comes decided", "does not belong", item("begun_item")),
    attack("no face moves to another examination", "does not change|closed",
           update(ITEM, "examination_id = %(blind)s", "id = %(begun_item)s")),
    attack("no face becomes another", "does not change",
           update(ITEM, "image_id = %(outsider)s", "id = %(begun_item)s")),
    attack("no candidate becomes a distractor", "does not change",
           update(ITEM, "candidate_id = NULL", "id = %(blind_item)s")),
    attack("no distractor becomes a candidate", "does not change",
           update(ITEM, "candidate_id = %(at_second_candidate)s", "id = %(blind_distractor)s")),
    attack("no face changes its place", "does not change",
           update(ITEM, "position = 77", "id = %(blind_item)s")),
    attack("nobody is retained without a checklist", "checklist_incomplete",
           update(ITEM, "disposition = 'retained', features = '{\"eyes\": \"similar\"}'",
                  "id = %(begun_item)s")),
    attack("nobody is excluded for nothing", "checklist_incomplete",
           update(ITEM, "features = '{}', comment_sealed = ''", "id = %(begun_item)s")),
    attack("nobody is identified", "item_disposition|checklist_incomplete",
           update(ITEM, "disposition = 'identified'", "id = %(begun_item)s")),
    attack("a decision has its time", "item_disposition",
           update(ITEM, "decided_at = NULL", "id = %(begun_item)s")),
]  # fmt: skip

CONCLUSIONS = [
    attack("no conclusion comes early", "outcome_not_examined", conclusion("fresh")),
    attack("one examination is no conclusion", "outcome_not_examined",
           conclusion("before_second", "'no_lead'")),
    attack("a dispute is no conclusion", "outcome_not_examined", conclusion("disputed")),
    attack("no other outcome is concluded", "outcome_not_examined",
           conclusion("ready", "'no_lead'")),
    attack("no conclusion comes twice", "outcome_not_examined|conclusion_once",
           conclusion("concluded")),
    attack("locked results are not concluded", "outcome_not_examined", conclusion("late_ready")),
    attack("a conclusion ends its search", "on record", conclusion("ready"), RECORD),
    attack("a conclusion is on record", "on record",
           conclusion("ready"), search("stage = 'concluded'", "ready")),
    attack("no other scope hides a conclusion without a record", "on record",
           conclusion("ready"), search("stage = 'concluded'", "ready"),
           "SET candor.agency_id = '0'"),
    attack("no refused search is concluded", "takes effect at once",
           authorization("urgent_ready", "supervisor", decision="'refused'"),
           conclusion("urgent_ready"), search("stage = 'concluded'", "urgent_ready")),
    attack("no conclusion changes", "append-only until", update(
        "searches_conclusion", "outcome = 'no_lead'", "search_id = %(concluded)s")),
    attack("no conclusion moves to another search", "append-only until", update(
        "searches_conclusion", "search_id = %(ready)s", "search_id = %(concluded)s")),
    attack("no conclusion is deleted", "append-only until",
           "DELETE FROM searches_conclusion WHERE search_id = %(concluded)s"),
    attack("nothing follows before the conclusion", "not_concluded",
           "INSERT INTO searches_followup (agency_id, id, search_id, outcome, note_sealed,"
           " reported_by_label, reported_at) VALUES (%(agency)s, gen_random_uuid(), %(ready)s,"
           " 'confirmed', '', 'x', now())"),
]  # fmt: skip

IMAGE = "searches_faceimage"
SUBJECT_OF_OUTSIDER = OUTSIDER["subject_id"]
PICTURES = [
    attack("no later picture becomes an earlier one", "enrolled picture does not change",
           update(IMAGE, f"enrolled_at = enrolled_at - {HOUR}", "id = %(outsider)s")),
    attack("no picture becomes another file", "enrolled picture does not change",
           update(IMAGE, "sha256 = repeat('b', 64)", "id = %(outsider)s")),
    attack("no examiner is shown another face", "enrolled picture does not change",
           update(IMAGE, "portrait_key = '1/other'", "id = %(outsider)s")),
    attack("no picture moves to another subject", "enrolled picture does not change",
           update(IMAGE, f"subject_id = {SUBJECT_OF_OUTSIDER}", "gallery_id = %(gallery)s")),
    attack("no candidate's picture goes", "violates foreign key|image_place",
           "DELETE FROM searches_faceimage WHERE id = (SELECT image_id FROM searches_candidate"
           " WHERE id = %(fresh_candidate)s)"),
    attack("no face is added to what was searched with", "searched with does not change",
           update("searches_probe", "faces = faces || faces", "id = %(probe)s")),
    attack("what was searched with is not turned", "searched with does not change",
           update("searches_probe", "quarter_turns = 1", "id = %(probe)s")),
    attack("what was searched with is not shown otherwise", "searched with does not change",
           update("searches_probe", "display_key = '1/other'", "id = %(probe)s")),
    attack("no other portrait stands for what was searched with", "searched with does not change",
           update("searches_probe", "portrait_keys = '[\"1/other\"]'", "id = %(probe)s")),
    attack("what was searched with stays in its case", "does not change|foreign key",
           update("searches_probe", "case_id = gen_random_uuid()", "id = %(probe)s")),
    attack("what was searched with is no other file", "uploaded picture does not change",
           update("searches_probe", "sha256 = repeat('c', 64)", "id = %(probe)s")),
]  # fmt: skip

RULES = [
    "searches_search",
    "searches_searchtoken",
    "searches_authorization",
    "searches_erasurereceipt",
    "searches_searchedgallery",
    "searches_candidate",
    "searches_examination",
    "searches_examinationitem",
    "searches_conclusion",
    "searches_followup",
    "searches_faceimage",
    "searches_template",
]
SESSIONS = [
    *(attack(f"{table} is not emptied at a stroke", "permission denied",
             f"TRUNCATE {table} CASCADE")
      for table in RULES),
    *(attack(f"the triggers of {table} stay on", "must be owner",
             f"ALTER TABLE {table} DISABLE TRIGGER ALL") for table in RULES),
    attack("no session is a replica's", "permission denied",
           "SET session_replication_role = replica"),
    attack("no table of one's own stands before the true one", "permission denied",
           "CREATE TEMP TABLE searches_examination (id uuid)"),
    attack("no schema of one's own does", "permission denied", "CREATE SCHEMA mine"),
    attack("no rule is written anew", "must be owner|permission denied",
           "CREATE OR REPLACE FUNCTION searches_guard_conclusion() RETURNS trigger"
           " LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'"),
    attack("no rule is dropped", "must be owner",
           "DROP TRIGGER searches_guard_conclusion ON searches_conclusion"),
    attack("nobody becomes the owner", "permission denied", "SET ROLE candor_owner"),
    attack("no deferred rule is skipped", "lacks its token",
           "SET CONSTRAINTS ALL DEFERRED", search("stage = 'erased'", "fresh"),
           "SET candor.agency_id = ''"),
]  # fmt: skip
