"""What must be true after a soak, whatever was killed: each judge gives what it found wrong.

They look at rows as the superuser does, past row-level security, at the files, and at what the
users were answered. The portal's own proofs of record, ledger and files are asked as well.
"""

import os
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.searches.installation import Installation
from tests.searches.invariants import assert_sound, missing_files, stray_files
from tests.soak.memory import Growth
from tests.soak.notes import Notes, Sent
from tests.soak.offices import Office

COMMAND_SECONDS = 7200.0
OLD = 3 * 24 * 3600.0  # older than what the check of files takes for an open transaction
MOST_GROWTH = 1.10
MOST_LEFT = 20  # by a process that was killed: a few pictures with their portraits
TABLES = {
    "search": "searches_search",
    "probe": "searches_probe",
    "enrolment": "searches_enrolment",
    "import": "galleries_importbatch",
}
ENDED = {"done", "failed"}


@dataclass(frozen=True, slots=True)
class Evidence:
    """What judges look at."""

    place: Installation
    offices: list[Office]
    notes: Notes
    growths: list[Growth]
    strays: int
    """Files that no row named when the fleet had come to rest."""
    faults: int


Judge = Callable[[Evidence], list[str]]


def nothing_is_open(evidence: Evidence) -> list[str]:
    """No search, probe, enrolment or import waits or runs."""
    wrong = []
    for kind, table in TABLES.items():
        state = "stage" if kind == "import" else "state"
        query = f"SELECT id, {state} FROM {table} WHERE {state} NOT IN ('done', 'failed')"
        wrong += [f"{kind} {pk} is still {at}" for pk, at in evidence.place.rows(query)]
    return wrong


def every_request_has_one_outcome(evidence: Evidence) -> list[str]:
    """An accepted request made the one row that was answered; a refused one made none."""
    wrong = list(evidence.notes.wrong)
    expected = _expected(evidence)
    for kind, table in TABLES.items():
        query = f"SELECT submission_key::text, id::text, agency_id FROM {table}"
        rows: dict[str, list[tuple[str, int]]] = {}
        for key, pk, agency in evidence.place.rows(query):
            rows.setdefault(key, []).append((pk, agency))
        for key, sent in expected.items():
            if sent.kind == kind:
                wrong += _compared(key, sent, rows.pop(key, []))
        wrong += [f"{kind} {found} was asked for by nobody" for found in rows.values()]
    return wrong


def _expected(evidence: Evidence) -> dict[str, Sent]:
    first = {
        one.key: Sent("enrolment", office.agency, one.pk)
        for office in evidence.offices
        for one in office.first
    }
    return {**first, **evidence.notes.sent}


def _compared(key: str, sent: Sent, found: list[tuple[str, int]]) -> list[str]:
    if sent.pk and found != [(sent.pk, sent.agency)]:
        return [f"{sent.kind} {key} was answered {sent.pk}, and there is {found}"]
    if sent.code and found:
        return [f"{sent.kind} {key} was refused ({sent.code}), and there is {found}"]
    if len(found) > 1:
        return [f"{sent.kind} {key} was not answered, and there is {found}"]
    return []


def every_imported_file_has_one_outcome(evidence: Evidence) -> list[str]:
    """Each file of an import is enrolled, there once, and counted once."""
    states = "SELECT state, count(*) FROM galleries_importfile GROUP BY state"
    wrong = [
        f"{many} files of imports are {s}"
        for s, many in evidence.place.rows(states)
        if s != "enrolled"
    ]
    twice = (
        "SELECT agency_id, sha256, count(*) FROM searches_faceimage GROUP BY 1, 2"
        " HAVING count(*) > 1"
    )
    wrong += [f"agency {a} has the file {s} {n} times" for a, s, n in evidence.place.rows(twice)]
    sums = (
        "SELECT b.id, b.files, sum(l.enrolled) FROM galleries_importbatch b"
        " JOIN galleries_importlane l ON l.batch_id = b.id GROUP BY b.id HAVING"
        " b.files <> sum(l.enrolled) OR b.files <> (SELECT count(*) FROM galleries_importfile f"
        " JOIN searches_faceimage i ON i.sha256 = f.sha256 AND i.agency_id = f.agency_id"
        " WHERE f.batch_id = b.id)"
    )
    return wrong + [
        f"import {pk} of {n} files counts {m}" for pk, n, m in evidence.place.rows(sums)
    ]


def the_ledger_is_what_was_found(evidence: Evidence) -> list[str]:
    """Each search with a result, and each enrolled picture, is charged once; nothing else is."""
    charged = (
        "SELECT u.agency_id, r.key FROM accounts_usageentry u"
        " LEFT JOIN accounts_quotareservation r ON r.id = u.key"
    )
    given = (
        "SELECT agency_id, 'search:' || id FROM searches_search WHERE state = 'done'"
        " UNION ALL SELECT agency_id, 'enrolment:' || id FROM searches_enrolment"
        " WHERE state = 'done'"
        " UNION ALL SELECT i.agency_id, 'faceimage:' || i.id FROM searches_faceimage i"
        " WHERE NOT EXISTS (SELECT FROM searches_enrolment e WHERE e.image_id = i.id)"
    )
    taken, due = Counter(evidence.place.rows(charged)), Counter(evidence.place.rows(given))
    wrong = [f"charged without a result: {one}" for one in (taken - due).elements()]
    wrong += [f"a result that is not charged: {one}" for one in (due - taken).elements()]
    return wrong


def the_portal_proves_the_ledger(evidence: Evidence) -> list[str]:
    """Ledger, reservations and counters say the same, by the portal's own proof."""
    return _commanded(evidence, "quota", "check")


def conclusions_stand(evidence: Evidence) -> list[str]:
    """A search is concluded exactly if two examinations of it were submitted, and charged."""
    place, notes = evidence.place, evidence.notes
    rounds = (
        "SELECT s.id, s.state, s.stage, count(e.id) FILTER (WHERE e.state = 'submitted'),"
        " (SELECT count(*) FROM searches_conclusion c WHERE c.search_id = s.id),"
        " (SELECT count(*) FROM audit_auditentry a WHERE a.subject_id = s.id::text"
        "  AND a.action = 'search.concluded')"
        " FROM searches_search s LEFT JOIN searches_examination e ON e.search_id = s.id"
        " GROUP BY s.id"
    )
    wrong = []
    for pk, state, stage, submitted, conclusions, recorded in place.rows(rounds):
        due = int(submitted == 2)
        if (conclusions, recorded, int(stage == "concluded")) != (due, due, due):
            wrong.append(
                f"search {pk} is {stage} with {submitted} examinations, {conclusions} conclusions,"
                f" {recorded} entries of the record"
            )
        if conclusions and state != "done":
            wrong.append(f"search {pk} is concluded without a result")
    query = "SELECT id::text FROM searches_examination WHERE state = 'submitted'"
    known = {pk for (pk,) in place.rows(query)}
    return wrong + [
        f"examination {pk} was submitted and is not" for pk in notes.submitted if pk not in known
    ]


def the_record_verifies(evidence: Evidence) -> list[str]:
    """By the portal's own verifier, every chain."""
    return _commanded(evidence, "verify_record")


def no_file_is_orphaned(evidence: Evidence) -> list[str]:
    """Every row's file is there and opens, and what nobody names goes with the nightly check.

    A process that is killed between a file and its row leaves the file; the check removes it once
    it is too old to belong to an open transaction. Here all are made that old first.
    """
    then = time.time() - OLD
    for path in (evidence.place.var / "files").rglob("*"):
        if path.is_file():
            os.utime(path, (then, then))
    wrong = [f"the file {key} of a row is missing" for key in missing_files(evidence.place)]
    if evidence.strays > MOST_LEFT * evidence.faults:
        wrong.append(f"{evidence.strays} files were left by {evidence.faults} faults")
    wrong += _commanded(evidence, "check_files", "--read")
    return wrong + [f"no row names {path}" for path in stray_files(evidence.place)]


def agencies_are_apart(evidence: Evidence) -> list[str]:
    """No candidate, no face before an examiner and no searched gallery is the other agency's."""
    wrong = []
    for office in evidence.offices:
        prefix = f"{office.slug.upper()}-%"
        candidates = (
            "SELECT c.id FROM searches_candidate c JOIN searches_subject s ON s.id = c.subject_id"
            " WHERE c.agency_id = %s AND (s.agency_id <> c.agency_id OR s.reference NOT LIKE %s)"
        )
        items = (
            "SELECT i.id FROM searches_examinationitem i JOIN searches_faceimage f"
            " ON f.id = i.image_id JOIN searches_subject s ON s.id = f.subject_id"
            " WHERE i.agency_id = %s AND s.reference NOT LIKE %s"
        )
        searched = (
            "SELECT id FROM searches_searchedgallery"
            " WHERE agency_id = %s AND gallery_id <> %s::uuid"
        )
        place, agency = evidence.place, office.agency
        for what, query, value in (
            ("candidate", candidates, prefix),
            ("examined face", items, prefix),
            ("searched gallery", searched, office.gallery),
        ):
            rows = place.rows(query, agency, value)
            wrong += [f"{what} {pk} of {office.slug} is of another agency" for (pk,) in rows]
    return wrong


def memory_is_flat(evidence: Evidence) -> list[str]:
    """Web and worker processes do not grow once they are warm."""
    kinds = {growth.kind for growth in evidence.growths}
    wrong = [f"no {kind} lived long enough to be weighed" for kind in {"web", "worker"} - kinds]
    return wrong + [f"{one}" for one in evidence.growths if one.ratio > MOST_GROWTH]


def everything_is_sound(evidence: Evidence) -> list[str]:
    """What all tests with killed processes ask (tests/searches/invariants.py), and quiet logs."""
    try:
        assert_sound(evidence.place)
    except AssertionError as error:
        return [f"not sound: {str(error)[:2000]}"]
    return []


JUDGES: tuple[Judge, ...] = (
    nothing_is_open,
    every_request_has_one_outcome,
    every_imported_file_has_one_outcome,
    the_ledger_is_what_was_found,
    the_portal_proves_the_ledger,
    conclusions_stand,
    the_record_verifies,
    no_file_is_orphaned,
    agencies_are_apart,
    memory_is_flat,
    everything_is_sound,
)


def _commanded(evidence: Evidence, *command: str) -> list[str]:
    """What a command of the portal says when it does not end well."""
    started, log = evidence.place.start(*command)
    if started.wait(COMMAND_SECONDS) == 0:
        return []
    return [f"{' '.join(command)}: {log.read_text()[-3000:]}"]


def judged(evidence: Evidence) -> dict[str, list[str]]:
    """What each judge found, by the judge's name."""
    return {judge.__name__: judge(evidence) for judge in JUDGES}


def numbers(place: Installation) -> dict[str, Any]:
    """What there is in the end, for the report."""
    queries = {
        "searches with a result": "searches_search WHERE state = 'done'",
        "searches that failed": "searches_search WHERE state = 'failed'",
        "searches concluded by two examiners": "searches_conclusion",
        "pictures enrolled": "searches_faceimage",
        "enrolments that failed": "searches_enrolment WHERE state = 'failed'",
        "pictures of imports": "galleries_importfile",
        "searches charged": "accounts_usageentry WHERE kind = 'search'",
        "pictures charged": "accounts_usageentry WHERE kind = 'face'",
        "entries of the record": "audit_auditentry",
        "jobs taken up again": "searches_search WHERE attempts > 1",
    }
    return {what: place.value(f"SELECT count(*) FROM {where}") for what, where in queries.items()}
