"""Pictures as pages show them: decrypted here, without metadata, never cached by anybody."""

from uuid import UUID

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from accounts.http import AgencyRequest
from accounts.permissions import Permission
from searches.access import needs, portrait_for, probe_for, shared_face_for
from searches.shown_pictures import original, portrait_key, stored


@require_safe
@needs(Permission.VIEW_CANDIDATES)
def probe_picture(request: AgencyRequest, pk: UUID) -> HttpResponse:
    """The probe upright, scaled for the screen."""
    return stored_jpeg(request, probe_for(request.actor, pk).display_key)


@require_safe
@needs(Permission.VIEW_CANDIDATES)
def probe_original(request: AgencyRequest, pk: UUID) -> HttpResponse:
    """The picture as it was uploaded, neither edited nor turned, scaled for the screen."""
    return jpeg_response(original(probe_for(request.actor, pk)))


@require_safe
@needs(Permission.VIEW_CANDIDATES)
def probe_face(request: AgencyRequest, pk: UUID, index: int) -> HttpResponse:
    return stored_jpeg(request, portrait_key(probe_for(request.actor, pk), index))


@require_safe
def portrait(request: AgencyRequest, pk: UUID) -> HttpResponse:
    """An enrolled face, for those who may see galleries, or the search it is a candidate of."""
    return stored_jpeg(request, portrait_for(request.actor, pk).portrait_key)


@require_safe
@needs(Permission.VIEW_CANDIDATES)
def shared_portrait(request: AgencyRequest, pk: UUID) -> HttpResponse:
    """A candidate's face from another agency's gallery, as it was copied with the result."""
    return stored_jpeg(request, shared_face_for(request.actor, pk).portrait_key)


def stored_jpeg(request: AgencyRequest, key: str) -> HttpResponse:
    """A picture of the agency's store that has no metadata already; 404 when it is gone."""
    return jpeg_response(stored(request.actor, key))


def jpeg_response(data: bytes) -> HttpResponse:
    """The only shape in which a picture leaves the portal; no cache keeps it."""
    return HttpResponse(
        data,
        content_type="image/jpeg",
        headers={"Content-Security-Policy": "default-src 'none'", "X-Robots-Tag": "noindex"},
    )
