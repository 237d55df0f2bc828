"""The agency's record in its export: the chain as auditors get it, and what people wrote, apart.

What people wrote stands apart, since it can be destroyed with its case while the chain stays.
"""

import json
from collections.abc import Iterator

from accounts.models import FormerContent
from accounts.models.former_record import bound_to
from portal.audit.contents import open_beside, open_content
from portal.audit.exporting import export_stream
from portal.audit.models import AuditContent, AuditEntry, AuditKey
from portal.keys import KeyProblem

RECORD, CONTENTS = "record.zip", "contents.jsonl"
MADE_BY = "export of the agency"
ROWS = 500


def record_parts(agency_id: int) -> Iterator[bytes]:
    """The whole record up to a head that is signed for it; docs/record.md describes the file."""
    return export_stream(agency_id, made_by=MADE_BY)


def content_lines(agency_id: int) -> Iterator[str]:
    """What was written about entries, as far as it was not destroyed, in the agency's scope.

    What cannot be opened has no `fields`: it must not keep the rest from its owner.
    """
    cases = dict(AuditKey.objects.filter(agency_id=agency_id).values_list("about", "case_id"))
    after = 0
    while True:
        rows = AuditContent.objects.filter(agency_id=agency_id, entry_id__gt=after)
        abouts = dict(rows.order_by("entry_id").values_list("entry_id", "about")[:ROWS])
        if not abouts:
            return
        entries = AuditEntry.objects.filter(agency_id=agency_id).in_bulk(list(abouts))
        for pk, about in abouts.items():
            line = {"entry": pk, "about": about, "case": cases.get(about, "")}
            yield json.dumps(line | _written(entries.get(pk)))
        after = max(abouts)


def former_content_lines(agency_id: int) -> Iterator[str]:
    """The same about entries of records from before the agency came here."""
    cases = dict(AuditKey.objects.filter(agency_id=agency_id).values_list("about", "case_id"))
    for row in FormerContent.objects.order_by("pk").iterator(chunk_size=ROWS):
        identity = bound_to(row.record_id, row.entry)
        line = {"entry": row.entry, "about": row.about, "case": cases.get(row.about, "")}
        try:
            text = open_beside(agency_id, row.about, bytes(row.sealed), identity)
        except KeyProblem:
            text = None
        written = json.loads(text) if text else {}
        yield json.dumps(line | {"record": str(row.record_id)} | written)


def _written(entry: AuditEntry | None) -> dict[str, object]:
    try:
        return (open_content(entry) if entry else None) or {}
    except (KeyProblem, ValueError):
        return {}
