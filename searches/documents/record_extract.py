"""What the record says about one search: its entries as JSON lines, and a signed count of them."""

import json
from collections.abc import Iterator
from datetime import datetime
from hashlib import sha256
from typing import Any

from django.db.models import CharField, Q, QuerySet
from django.db.models.functions import Cast

from portal.audit.models import AuditEntry
from searches.models import Examination, Search

KIND, FORMAT = "record-extract", "candor-record-extract"


def entries_of(search: Search) -> QuerySet[AuditEntry]:
    """The entries about the search, its picture and its examinations, in their order."""
    ids = Examination.objects.filter(search=search).order_by()
    examinations = ids.annotate(text=Cast("pk", CharField())).values("text")
    about = (
        Q(subject_type="search", subject_id=str(search.pk))
        | Q(subject_type="probe", subject_id=str(search.probe_id))
        | Q(subject_type="examination", subject_id__in=examinations)
    )
    return AuditEntry.objects.filter(about, agency_id=search.agency_id).order_by("id")


def lines_of(search: Search) -> bytes:
    return b"".join(_lines(search))


def _lines(search: Search) -> Iterator[bytes]:
    for entry in entries_of(search):
        yield json.dumps(_entry(entry), ensure_ascii=False).encode() + b"\n"


def _entry(entry: AuditEntry) -> dict[str, Any]:
    return {
        "id": entry.pk,
        "at": entry.at.isoformat(),
        "action": entry.action,
        "actor_id": entry.actor_id,
        "actor": entry.actor_label,
        "source": entry.source,
        "subject_type": entry.subject_type,
        "subject_id": entry.subject_id,
        "data": entry.data,
    }


def proof_of(search: Search, lines: bytes, at: datetime) -> dict[str, Any]:
    """What is signed about the extract; the hash chain over the whole record is still to come."""
    return {
        "format": FORMAT,
        "version": 1,
        "agency": search.agency_id,
        "search": str(search.pk),
        "taken_at": at.isoformat(),
        "entries": lines.count(b"\n"),
        "sha256": sha256(lines).hexdigest(),
    }
