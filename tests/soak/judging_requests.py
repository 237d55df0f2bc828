"""Whether every request that was accepted came to one outcome, and no other did."""

from tests.soak.evidence import Evidence
from tests.soak.notes import Sent

TABLES = {
    "search": "searches_search",
    "probe": "searches_probe",
    "enrolment": "searches_enrolment",
    "import": "galleries_importbatch",
}


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
    place = evidence.place
    states = (
        "SELECT state, count(*) FROM galleries_importfile WHERE state <> 'enrolled' GROUP BY state"
    )
    wrong = [f"{many} files of imports are {state}" for state, many in place.rows(states)]
    twice = (
        "SELECT agency_id, sha256, count(*) FROM searches_faceimage GROUP BY 1, 2"
        " HAVING count(*) > 1"
    )
    wrong += [f"agency {a} has the file {sha} {many} times" for a, sha, many in place.rows(twice)]
    counted = (
        "WITH counts AS (SELECT batch_id, sum(enrolled) AS n FROM galleries_importlane GROUP BY 1),"
        " images AS (SELECT f.batch_id, count(i.id) AS n FROM galleries_importfile f"
        "  JOIN searches_faceimage i ON i.sha256 = f.sha256 AND i.agency_id = f.agency_id"
        "  GROUP BY 1)"
        " SELECT b.id, b.files, c.n, i.n FROM galleries_importbatch b"
        " LEFT JOIN counts c ON c.batch_id = b.id LEFT JOIN images i ON i.batch_id = b.id"
        " WHERE (b.files, b.files) IS DISTINCT FROM (c.n, i.n)"
    )
    return wrong + [
        f"import {pk} of {files} files counts {n} and has {there}"
        for pk, files, n, there in place.rows(counted)
    ]
