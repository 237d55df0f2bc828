"""What the record says about one search, as a segment of the chain that proves itself.

The segment runs from the first entry about the search to the checkpoint that covers the last one.
Entries about other things in between are there with their digests only.
"""

from django.db.models import CharField, Max, Min, Q
from django.db.models.functions import Cast

from portal.audit.candor_verify import canonical
from portal.audit.checkpoints import take_checkpoint
from portal.audit.extracting import Extract, checkpoint_lines
from portal.audit.keyring import keys_document
from portal.audit.models import AuditEntry, AuditLink, Checkpoint
from searches.models import Examination, Search


def about(search: Search) -> Q:
    """Which entries are about the search, its picture and its examinations."""
    ids = Examination.objects.filter(search=search).order_by()
    examinations = ids.annotate(text=Cast("pk", CharField())).values("text")
    return (
        Q(subject_type="search", subject_id=str(search.pk))
        | Q(subject_type="probe", subject_id=str(search.probe_id))
        | Q(subject_type="examination", subject_id__in=examinations)
    )


def record_files(search: Search) -> dict[str, bytes]:
    """The segment, its checkpoint, the keys, and what was written about the search, by name."""
    take_checkpoint(search.agency_id)
    extract = _segment(search)
    covering = Checkpoint.objects.filter(agency_id=search.agency_id, entries=extract.last)
    return {
        "record.jsonl": b"".join(extract.record_lines()),
        "contents.jsonl": b"".join(extract.content_lines()),
        "checkpoints.jsonl": checkpoint_lines(list(covering.order_by("number")[:1])),
        "keys.json": canonical(keys_document()),
    }


def _segment(search: Search) -> Extract:
    agency_id, chosen = search.agency_id, about(search)
    entries = AuditEntry.objects.filter(chosen, agency_id=agency_id)
    numbers = AuditLink.objects.filter(agency_id=agency_id, entry__in=entries)
    ends = numbers.aggregate(first=Min("number"), last=Max("number"))
    covering = Checkpoint.objects.filter(agency_id=agency_id, entries__gte=ends["last"])
    return Extract(agency_id, ends["first"] - 1, covering.order_by("number")[0].entries, chosen)
