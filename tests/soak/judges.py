"""What must be true after a soak, whatever was killed: each judge gives what it found wrong.

They look at rows, files and processes, and at what the users were answered. The portal's own
proofs of record, ledger and files are asked as well.
"""

import os
import time
from typing import Any

from tests.searches.installation import Installation
from tests.searches.invariants import assert_sound, missing_files, stray_files
from tests.soak.evidence import Evidence, Judge, commanded
from tests.soak.judging_requests import (
    every_imported_file_has_one_outcome,
    every_request_has_one_outcome,
    nothing_is_open,
)
from tests.soak.judging_results import (
    agencies_are_apart,
    conclusions_stand,
    the_ledger_is_what_was_found,
    the_portal_proves_the_ledger,
)

OLD = 3 * 24 * 3600.0  # older than what the check of files takes for an open transaction
MOST_LEFT = 20  # by a process that was killed: a few pictures with their portraits


def the_record_verifies(evidence: Evidence) -> list[str]:
    """By the portal's own verifier, every chain."""
    return commanded(evidence, "verify_record")


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
    wrong += commanded(evidence, "check_files", "--read")
    return wrong + [f"no row names {path}" for path in stray_files(evidence.place)]


def no_answer_is_a_failure(evidence: Evidence) -> list[str]:
    """Who asks while something is away is told to come back (503), or gets no answer at all."""
    failures = evidence.notes.answers["500"]
    return [f"{failures} answers were 500"] if failures else []


def memory_is_flat(evidence: Evidence) -> list[str]:
    """Web and worker processes do not grow once they are warm."""
    kinds = {growth.kind for growth in evidence.growths}
    wrong = [f"no {kind} lived long enough to be weighed" for kind in {"web", "worker"} - kinds]
    return wrong + [f"{one}" for one in evidence.growths if one.ratio > evidence.most_growth]


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
    no_answer_is_a_failure,
    memory_is_flat,
    everything_is_sound,
)


def judged(evidence: Evidence) -> dict[str, list[str]]:
    """What each judge found, by the judge's name."""
    return {judge.__name__: judge(evidence) for judge in JUDGES}


def numbers(place: Installation) -> dict[str, Any]:
    """What there is in the end, for the report."""
    queries = {
        "searches with a result": "searches_search WHERE state = 'done'",
        "searches that failed": "searches_search WHERE state = 'failed'",
        "searches taken up again": "searches_search WHERE attempts > 1",
        "searches concluded by two examiners": "searches_conclusion",
        "searches charged": "accounts_usageentry WHERE kind = 'search'",
        "pictures enrolled": "searches_faceimage",
        "pictures of imports": "galleries_importfile",
        "enrolments that failed": "searches_enrolment WHERE state = 'failed'",
        "pictures charged": "accounts_usageentry WHERE kind = 'face'",
        "entries of the record": "audit_auditentry",
    }
    return {what: place.value(f"SELECT count(*) FROM {where}") for what, where in queries.items()}
