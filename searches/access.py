"""May this request have this object: another agency's is 404, a missing right is 403."""

from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404

from accounts.actor import Actor
from accounts.guards import needs
from accounts.permissions import Permission
from searches.models import (
    Case,
    Enrolment,
    FaceImage,
    Gallery,
    Probe,
    Search,
    SearchDraft,
    SharedFace,
    Stage,
    Subject,
)
from searches.queries import seen_by
from searches.services.membership import is_member

__all__ = [
    "case_for",
    "draft_for",
    "enrolment_or_404",
    "gallery_or_404",
    "image_or_404",
    "may_see",
    "needs",
    "portrait_for",
    "probe_for",
    "search_for",
    "shared_face_for",
    "subject_or_404",
]


def may_see(actor: Actor, case_id: UUID) -> bool:
    """A case is seen by its members, by who sees all cases, and by the operator."""
    return actor.can(Permission.VIEW_ALL_CASES) or is_member(actor, case_id)


def _require_sight(actor: Actor, case_id: UUID) -> None:
    if not may_see(actor, case_id):
        raise PermissionDenied("case member")


def case_for(actor: Actor, pk: UUID) -> Case:
    case = get_object_or_404(Case.objects.select_related("category"), pk=pk)
    _require_sight(actor, case.pk)
    return case


def probe_for(actor: Actor, pk: UUID) -> Probe:
    """A probe of a case that this actor may see."""
    probe = get_object_or_404(Probe.objects.select_related("case"), pk=pk)
    _require_sight(actor, probe.case_id)
    return probe


def draft_for(actor: Actor, pk: UUID) -> SearchDraft:
    """One's own draft; nobody sees another person's, whatever their roles."""
    draft = get_object_or_404(SearchDraft.objects.select_related("case", "probe"), pk=pk)
    if actor.user_id is None or draft.owner_id != actor.user_id:
        raise PermissionDenied("own draft")
    _require_sight(actor, draft.case_id)
    return draft


def search_for(actor: Actor, pk: UUID) -> Search:
    """A search of a case that this actor may see."""
    search = get_object_or_404(Search.objects.select_related("case", "probe"), pk=pk)
    _require_sight(actor, search.case_id)
    return search


def portrait_for(actor: Actor, pk: UUID) -> FaceImage:
    """An enrolled picture: of the galleries, or a candidate's of a concluded search in sight."""
    if not actor.can(Permission.VIEW_CANDIDATES):
        actor.require(Permission.VIEW_GALLERIES)
    image = image_or_404(pk)
    if actor.can(Permission.VIEW_GALLERIES):
        return image
    concluded = Search.objects.filter(seen_by(actor, "case"), stage=Stage.CONCLUDED)
    if not concluded.filter(candidates__image=image).exists():
        raise PermissionDenied("case member")
    return image


def shared_face_for(actor: Actor, pk: UUID) -> SharedFace:
    """A candidate from another agency's gallery, of a concluded search in sight."""
    actor.require(Permission.VIEW_CANDIDATES)
    face = get_object_or_404(SharedFace.objects.select_related("search"), pk=pk)
    _require_sight(actor, face.search.case_id)
    if face.search.stage != Stage.CONCLUDED:
        raise PermissionDenied("not concluded")
    return face


def gallery_or_404(pk: UUID) -> Gallery:
    return get_object_or_404(Gallery.objects.select_related("contract"), pk=pk)


def subject_or_404(pk: UUID) -> Subject:
    """A subject; of one that was merged, the subject that it turned out to be."""
    merged = Subject.every.filter(pk=pk, erased_at=None).values_list("merged_into", flat=True)
    known = merged.first() or pk
    subject: Subject = get_object_or_404(Subject.objects.select_related("gallery"), pk=known)
    return subject


def image_or_404(pk: UUID) -> FaceImage:
    return get_object_or_404(FaceImage.objects.all(), pk=pk)


def enrolment_or_404(pk: UUID) -> Enrolment:
    return get_object_or_404(Enrolment.objects.select_related("gallery", "image__subject"), pk=pk)
