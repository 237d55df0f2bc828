"""What must be true of an installation whenever nothing is under way."""

from pathlib import Path
from typing import Any

from tests.factories import CAPTURE
from tests.searches.installation import Installation

PLACES = (CAPTURE.place, str(CAPTURE.device))
KINDS = ("search", "probe", "enrolment")
# The record that closes a job, by kind and state.
CLOSING = [
    ("search", "done", "search.finished"),
    ("search", "failed", "search.failed"),
    ("probe", "done", "probe.analysed"),
    ("probe", "failed", "probe.rejected"),
    ("enrolment", "failed", "image.rejected"),
]
STORED = """
SELECT file_key FROM searches_probe UNION SELECT display_key FROM searches_probe
UNION SELECT jsonb_array_elements_text(portrait_keys) FROM searches_probe
UNION SELECT file_key FROM searches_probeedit
UNION SELECT file_key FROM searches_enrolment
UNION SELECT file_key FROM galleries_importpart UNION SELECT file_key FROM galleries_importfile
UNION SELECT manifest_key FROM galleries_importbatch
UNION SELECT file_key FROM searches_faceimage UNION SELECT portrait_key FROM searches_faceimage
"""


def assert_sound(place: Installation) -> None:
    """Nothing open, nothing twice, nothing half, nothing lost."""
    for kind in KINDS:
        query = f"SELECT id, state FROM searches_{kind} WHERE state IN ('queued', 'running')"
        assert place.rows(query) == [], f"open {kind}"
    _assert_recorded_once(place)
    _assert_candidates(place)
    _assert_pictures(place)
    assert_metered(place)
    assert missing_files(place) == []
    _assert_quiet_logs(place)


def _assert_quiet_logs(place: Installation) -> None:
    """No log of a server or a worker has what people wrote, or an address of theirs."""
    written = ["harbour", "The person asked for it", ".example", *PLACES]
    for log in [*place.var.glob("log/work-*.log"), *place.var.glob("log/serve-*.log")]:
        text = log.read_text()
        assert [words for words in written if words in text] == [], log


def _assert_recorded_once(place: Installation) -> None:
    for kind, state, action in CLOSING:
        rows = place.rows(f"SELECT id::text FROM searches_{kind} WHERE state = %s", state)
        query = "SELECT subject_id FROM audit_auditentry WHERE action = %s AND subject_type = %s"
        recorded = place.rows(query, action, kind)
        assert sorted(recorded) == sorted(rows), f"{action} of {kind}"


def _assert_candidates(place: Installation) -> None:
    """Done searches have the ranks 1 to n without gaps, as many as recorded; others have none."""
    rows = place.rows(
        "SELECT s.id, s.state, array_remove(array_agg(c.rank::int ORDER BY c.rank), NULL),"
        " (SELECT max((a.data->>'candidates')::int) FROM audit_auditentry a"
        "  WHERE a.agency_id = s.agency_id AND a.subject_type = 'search'"
        "  AND a.subject_id = s.id::text AND a.action = 'search.finished')"
        " FROM searches_search s LEFT JOIN searches_candidate c ON c.search_id = s.id GROUP BY s.id"
    )
    for search, state, ranks, recorded in rows:
        expected = recorded if state == "done" else 0
        assert ranks == [*range(1, expected + 1)], f"search {search} is {state}"


def _assert_pictures(place: Installation) -> None:
    """Every picture has its one template and record, every subject a picture."""
    images = place.rows("SELECT id FROM searches_faceimage ORDER BY id")
    assert place.rows("SELECT image_id FROM searches_template ORDER BY image_id") == images
    query = "SELECT subject_id::uuid FROM audit_auditentry WHERE action = 'image.enrolled'"
    assert sorted(place.rows(query)) == images
    bare = "SELECT id FROM searches_subject EXCEPT SELECT subject_id FROM searches_faceimage"
    assert place.rows(bare) == []


def assert_metered(place: Installation) -> None:
    """What gave a result is in the ledger once, and in the counters; what did not is nowhere."""
    for kind, table, where in (
        ("search", "searches_search", "state = 'done'"),
        ("face", "searches_faceimage", "true"),
    ):
        charged = "SELECT count(*) FROM accounts_usageentry WHERE kind = %s"
        assert place.value(charged, kind) == place.value(
            f"SELECT count(*) FROM {table} WHERE {where}"
        ), kind
        total = "SELECT coalesce(sum(quantity), 0) FROM accounts_usageentry WHERE kind = %s"
        used = (
            "SELECT coalesce(sum(used), 0) FROM accounts_quotacounter"
            " WHERE kind = %s AND period IN ('term', 'overage', 'standing')"
        )
        assert place.value(total, kind) == place.value(used, kind), kind
    held = "SELECT coalesce(sum(reserved), 0) FROM accounts_quotacounter WHERE kind <> 'seat'"
    assert place.value(held) == 0
    opened = "SELECT count(*) FROM accounts_quotareservation WHERE state = 'reserved'"
    assert place.value(opened) == 0


def missing_files(place: Installation) -> list[Any]:
    """Keys that rows name and the store does not have."""
    keys = [key for (key,) in place.rows(STORED) if key]
    return [key for key in keys if not stored(place, key).exists()]


def stray_files(place: Installation) -> list[Path]:
    """Files of the store that no row names: what a process left that was killed while writing."""
    known = {stored(place, key) for (key,) in place.rows(STORED) if key}
    return [p for p in (place.var / "files").rglob("*") if p.is_file() and p not in known]


def stored(place: Installation, key: str) -> Path:
    agency, name = key.split("/")[:2]
    return place.var / "files" / agency / name[:2] / name
