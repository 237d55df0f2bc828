"""A concluded search as plain JSON values, for the disclosure bundle: complete and exact."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from searches.documents.dossier import Dossier, Looked, Round, SearchedVersion, SharedVersion
from searches.error_rates import rates_as_json
from searches.models import (
    Candidate,
    Examination,
    ExaminationItem,
    FollowUp,
    ProbeEdit,
    SharedFace,
)
from searches.services.origins import code_of
from searches.statements import CONCLUSION_STATEMENT

Value = dict[str, Any]
NOT_MEASURED = "not measured"


def person(user_id: int | None, label: str) -> Value:
    return {"id": user_id, "label": label}


def search_json(dossier: Dossier, paths: Mapping[str, str]) -> Value:
    """Grounds, settings, engine and galleries; `paths` are those of the stored files by key."""
    search = dossier.search
    return {
        "id": str(search.pk),
        "agency": {
            "id": dossier.agency.pk,
            "slug": dossier.agency.slug,
            "name": dossier.agency.name,
        },
        "case": _case(dossier),
        "purpose": search.purpose,
        "basis": search.basis,
        "reason": search.reason,
        "facts": search.facts,
        "reference": search.reference,
        "document": {
            "sha256": search.document_sha256,
            "type": search.document_type,
            "path": paths.get(search.document_key, ""),
        },
        "requested_by": person(search.requested_by_id, search.requested_by_label),
        "requested_at": search.created_at.isoformat(),
        "searched_at": search.finished_at.isoformat() if search.finished_at else None,
        "authorization": _authorization(dossier),
        "limit": search.limit,
        "engine": {
            "contract": search.contract_id,
            "scale": search.scale,
            "published_threshold": search.published_threshold,
            "error_rates": rates_as_json(dossier.evaluation) or NOT_MEASURED,
        },
        "templates_searched": search.templates_searched,
        "scanned": search.comparison.get("scanned", []),
        "galleries": [_gallery(one) for one in dossier.galleries],
        "shared_galleries": [_shared_gallery(one) for one in dossier.shared],
        "probe": _probe(dossier, paths),
    }


def _case(dossier: Dossier) -> Value:
    case = dossier.search.case
    return {
        "id": str(case.pk),
        "number": case.number,
        "title": case.title,
        "purpose": case.purpose,
        "category": case.category.name if case.category else None,
    }


def _authorization(dossier: Dossier) -> Value:
    search, given = dossier.search, dossier.authorization
    by = search.authorize_by
    value: Value = {"needed": search.authorization, "due": by.isoformat() if by else None}
    if given is None:
        return value | {"decision": None}
    return value | {
        "decision": given.decision,
        "decided_by": person(given.decided_by_id, given.decided_by_label),
        "decided_at": given.decided_at.isoformat(),
        "reason": given.reason,
    }


def _gallery(one: SearchedVersion) -> Value:
    gallery = one.gallery
    return {
        "id": str(gallery.pk),
        "name": gallery.name,
        "source": gallery.source,
        "source_kind": gallery.source_kind,
        "legal_basis": gallery.legal_basis,
        "version": one.version.get("version"),
        "images": one.version.get("images"),
        "until": one.version.get("until"),
    }


def _shared_gallery(one: SharedVersion) -> Value:
    row = one.row
    return {
        "id": str(row.gallery_id),
        "name": row.gallery_name,
        "agency": {"id": row.owner_id, "name": row.owner_name},
        "grant": str(row.grant_id),
        "source_kind": row.source_kind,
        "legal_basis": row.legal_basis,
        "version": one.version.get("version"),
        "images": one.version.get("images"),
        "until": one.version.get("until"),
    }


def _probe(dossier: Dossier, paths: Mapping[str, str]) -> Value:
    probe, search = dossier.search.probe, dossier.search
    return {
        "id": str(probe.pk),
        "sha256": probe.sha256,
        "media_type": probe.media_type,
        "path": paths.get(probe.file_key, ""),
        "captured_on": probe.captured_on.isoformat() if probe.captured_on else None,
        "capture_kind": probe.capture_kind,
        "capture_place": probe.capture_place,
        "capture_device": probe.capture_device,
        "uploaded_by": person(probe.requested_by_id, probe.requested_by_label),
        "uploaded_at": probe.created_at.isoformat(),
        "quarter_turns": probe.quarter_turns,
        "faces": len(probe.faces),
        "face": {"index": search.face_index, **search.face.as_json()},
        "current_edit": str(probe.current_edit_id) if probe.current_edit_id else None,
        "edits": [_edit(edit, paths) for edit in probe.edits.all()],
    }


def _edit(edit: ProbeEdit, paths: Mapping[str, str]) -> Value:
    return {
        "id": str(edit.pk),
        "parent": str(edit.parent_id) if edit.parent_id else None,
        "parent_sha256": edit.parent_sha256,
        "quarter_turns": edit.quarter_turns,
        "operation": edit.operation,
        "parameters": edit.parameters,
        "sha256": edit.result_sha256,
        "width": edit.width,
        "height": edit.height,
        "made_by": person(edit.made_by_id, edit.made_by_label),
        "made_at": edit.made_at.isoformat(),
        "path": paths.get(edit.file_key, ""),
    }


def candidates_json(dossier: Dossier, paths: Mapping[str, str]) -> list[Value]:
    return [_candidate(dossier, one, paths) for one in dossier.candidates]


def _candidate(dossier: Dossier, one: Candidate, paths: Mapping[str, str]) -> Value:
    found = [(each.examination.round, each.on(one)) for each in dossier.rounds]
    is_lead = one.pk in dossier.leads
    return {
        "rank": one.rank,
        "similarity": one.similarity,
        "worth": one.worth or NOT_MEASURED,
        **(_enrolled(one, paths) if one.shared is None else _shared(one.shared, paths, is_lead)),
        "dispositions": {str(n): looked.item.disposition for n, looked in found if looked},
        "lead": is_lead,
    }


def _enrolled(one: Candidate, paths: Mapping[str, str]) -> Value:
    image = one.image
    return {
        "gallery": str(one.gallery_id),
        "subject": _subject(one),
        "image": {
            "id": str(image.pk),
            "erased_at": _moment(image.erased_at),
            "sha256": image.sha256,
            "media_type": image.media_type,
            "path": paths.get(image.file_key, ""),
            "portrait": paths.get(image.portrait_key, ""),
            "source": image.source,
            "legal_basis": image.legal_basis,
            "collected_on": image.collected_on.isoformat(),
            "enrolled_by": person(image.enrolled_by_id, image.enrolled_by_label),
            "enrolled_at": image.enrolled_at.isoformat(),
        },
    }


def _shared(face: SharedFace, paths: Mapping[str, str], is_lead: bool) -> Value:
    """Of another agency's gallery: the copy, and for a lead the code that only it can read."""
    return {
        "gallery": str(face.searched_grant.gallery_id),
        "grant": str(face.searched_grant.grant_id),
        "subject": {"id": None, "reference": face.reference},
        "origin": code_of(face) if is_lead else None,
        "image": {
            "id": str(face.pk),
            "sha256": face.picture_sha256,
            "media_type": "image/jpeg",
            "path": paths.get(face.picture_key, ""),
            "portrait": paths.get(face.portrait_key, ""),
            "source": face.searched_grant.source_kind,
            "legal_basis": face.legal_basis,
            "collected_on": face.collected_on.isoformat(),
            "enrolled_by": None,
            "enrolled_at": None,
        },
    }


def _subject(one: Candidate | ExaminationItem) -> Value:
    """What was erased since the search has no reference any more."""
    return {
        "id": str(one.subject_id) if one.subject_id else None,
        "reference": one.reference,
        "erased_at": _moment(one.subject.erased_at) if one.subject else None,
    }


def _moment(value: datetime | None) -> str | None:
    return value.isoformat() if value else None


def examinations_json(dossier: Dossier) -> list[Value]:
    """All rounds; those that were given back count for nothing and are listed without faces."""
    submitted = [
        _examination(each.examination) | {"faces": _faces(dossier, each)} for each in dossier.rounds
    ]
    return submitted + [_examination(one) for one in dossier.returned]


def _examination(row: Examination) -> Value:
    return {
        "id": str(row.pk),
        "round": row.round,
        "state": row.state,
        "examiner": person(row.examiner_id, row.examiner_label),
        "started_at": row.started_at.isoformat(),
        "submitted_at": row.submitted_at.isoformat() if row.submitted_at else None,
    }


def _faces(dossier: Dossier, one: Round) -> list[Value]:
    ranks = {candidate.pk: candidate.rank for candidate in dossier.candidates}
    return [_face(looked, ranks) for looked in one.faces]


def _face(looked: Looked, ranks: Mapping[int, int]) -> Value:
    item = looked.item
    return {
        "position": item.position,
        "rank": ranks.get(item.candidate_id or 0),
        "distractor": item.candidate_id is None,
        "subject": _subject(item),
        "image": str(item.picture.pk),
        "disposition": item.disposition,
        "features": item.features,
        "comment": looked.comment,
        "decided_at": item.decided_at.isoformat() if item.decided_at else None,
    }


def conclusion_json(dossier: Dossier) -> Value:
    row = dossier.conclusion
    return {
        "outcome": row.outcome,
        "concluded_at": row.concluded_at.isoformat(),
        "statement": str(CONCLUSION_STATEMENT),
        "statement_version": row.statement_version,
        "leads": [c.rank for c in dossier.candidates if c.pk in dossier.leads],
        "follow_ups": [_follow_up(row, note) for row, note in dossier.follow_ups],
    }


def _follow_up(row: FollowUp, note: str) -> Value:
    return {
        "outcome": row.outcome,
        "note": note,
        "reported_by": person(row.reported_by_id, row.reported_by_label),
        "reported_at": row.reported_at.isoformat(),
    }
