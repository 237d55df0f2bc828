"""Erasing the content of a search: probe, candidates, examinations and reasons go, digests stay."""

from collections.abc import Sequence
from hashlib import sha256
from typing import Any
from uuid import UUID

import rfc8785
from django.utils import timezone

from accounts.actor import Actor
from portal import signing
from portal.audit.actions import Action
from portal.audit.contents import destroy_content
from portal.audit.recorder import record
from portal.erasure_journal import note_erased
from searches.faults import Fault
from searches.files import delete_on_commit
from searches.models import (
    Candidate,
    Conclusion,
    ErasureReceipt,
    Examination,
    ExaminationItem,
    ExaminerLoan,
    FollowUp,
    Probe,
    Search,
    SearchedFace,
)
from searches.models.stage import CONTENT_GONE
from searches.services.drafts import forget_of_probe
from searches.services.membership import lock_case

KIND, FORMAT = "erasure", 1
NOT_KEPT = {"reason_sealed": b"", "facts_sealed": b"", "reference_sealed": b"", "document_key": ""}

PROBE_NOT_KEPT = {
    "file_key": "",
    "display_key": "",
    "portrait_keys": [],
    "faces": [],
    "sealed_place": b"",
    "sealed_device": b"",
}


def erase_content(actor: Actor, search: Search, *, cause: str) -> ErasureReceipt:
    """Erase what a search at a stage without content still has, in the open transaction.

    The probe's picture stays when another search still stands on it; the receipt says so.
    """
    document = _document_of(search, cause)
    document["erased"] = _erase_rows(search)
    document["probe_erased"] = erase_probe_if_unused(search)
    if search.document_key:
        delete_on_commit(search.agency_id, search.document_key)
    Search.objects.filter(pk=search.pk).update(**NOT_KEPT)
    ExaminerLoan.objects.filter(search=search).update(reason_sealed=b"")
    destroy_content(search.agency_id, search=str(search.pk))
    signature = signing.sign(KIND, document)
    receipt = ErasureReceipt.objects.create(
        search=search, document=document, key_id=signature.key_id, signature=signature.value
    )
    note_erased(str(search.pk), search=[search.pk])
    digest = sha256(rfc8785.dumps(document)).hexdigest()
    record(actor, Action.SEARCH_ERASED, search, {"cause": cause, "sha256": digest})
    return receipt


def require_no_hold(search: Search) -> None:
    """Raises Fault while a legal hold keeps everything of the case. Holds the case still."""
    if lock_case(search.case_id).held_at is not None:
        raise Fault("case_under_hold")


def _document_of(search: Search, cause: str) -> dict[str, Any]:
    candidates = search.candidates.select_related("shared").order_by("rank")
    return {
        "format": FORMAT,
        "agency": search.agency_id,
        "search": str(search.pk),
        "case": str(search.case_id),
        "cause": cause,
        "erased_at": timezone.now().isoformat(),
        "probe_sha256": search.probe.sha256,
        "document_sha256": search.document_sha256,
        "candidates_sha256": candidates_digest(list(candidates)),
    }


def candidates_digest(candidates: Sequence[Candidate]) -> str:
    """SHA-256 over the candidate list as RFC 8785 JSON: [rank, subject, image, similarity].

    Of another agency's gallery: the id of the copied face, and the picture's SHA-256.
    """
    rows: list[Any] = [[c.rank, *_face_of(c), c.similarity] for c in candidates]
    return sha256(rfc8785.dumps(rows)).hexdigest()


def _face_of(candidate: Candidate) -> tuple[str, str]:
    if candidate.shared is not None:
        return str(candidate.shared_id), candidate.shared.picture_sha256
    return str(candidate.subject_id), str(candidate.image_id)


def _erase_rows(search: Search) -> dict[str, int]:
    """How many rows of each kind went."""
    conclusions, _ = Conclusion.objects.filter(search=search).delete()
    follow_ups, _ = FollowUp.objects.filter(search=search).delete()
    items, _ = ExaminationItem.objects.filter(examination__search=search).delete()
    examinations, _ = Examination.objects.filter(search=search).delete()
    candidates, _ = Candidate.objects.filter(search=search).delete()
    faces, _ = SearchedFace.objects.filter(search=search).delete()
    search.scan_questions.all().delete()  # which a killed worker may have left
    shared = _erase_shared_faces(search)
    return {
        "candidates": candidates,
        "examinations": examinations,
        "faces_examined": items,
        "conclusions": conclusions,
        "follow_ups": follow_ups,
        "searched_faces": faces,
    } | ({"shared_faces": shared} if shared else {})


def _erase_shared_faces(search: Search) -> int:
    """The copies of other agencies' pictures go with the search, files and all."""
    copies = list(search.shared_faces.all())
    for key in (key for copy in copies for key in copy.file_keys):
        delete_on_commit(search.agency_id, key)
    search.shared_faces.all().delete()
    return len(copies)


def erase_probe_if_unused(search: Search) -> bool:
    """Remove the pictures of the probe unless another search still stands on it."""
    probe = Probe.objects.select_for_update().get(pk=search.probe_id)
    others = probe.searches.exclude(pk=search.pk).exclude(stage__in=CONTENT_GONE)
    return False if others.exists() else erase_probe(probe.pk)


def erase_probe(probe_id: UUID) -> bool:
    """Remove the pictures of a probe, whatever stands on it; false when there are none."""
    probe = Probe.objects.select_for_update().get(pk=probe_id)
    if not probe.file_key:
        return False
    edited = list(probe.edits.values_list("file_key", flat=True))
    for key in filter(None, [probe.file_key, probe.display_key, *probe.portrait_keys, *edited]):
        delete_on_commit(probe.agency_id, key)
    probe.edits.exclude(file_key="").update(file_key="")
    forget_of_probe(probe.pk)
    Probe.objects.filter(pk=probe.pk).update(**PROBE_NOT_KEPT)
    note_erased(str(probe.pk), probe=[probe.pk])
    return True
