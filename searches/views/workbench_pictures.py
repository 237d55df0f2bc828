"""The pictures of an examination, by position; who has it sees them and nobody else."""

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from accounts.http import AgencyRequest
from searches.models import Examination
from searches.services.close_ups import probe_close_up, shown_close_up, shown_picture
from searches.shown_pictures import made, original
from searches.views.pictures import jpeg_response, stored_jpeg
from searches.views.workbench_doors import own_examination
from searches.workbench_access import item_at


@require_safe
@own_examination
def examination_probe_face(request: AgencyRequest, examination: Examination) -> HttpResponse:
    """The chosen face as a small portrait."""
    search = examination.search
    return stored_jpeg(request, search.probe.portrait_keys[search.face_index])


@require_safe
@own_examination
def examination_probe_close_up(request: AgencyRequest, examination: Examination) -> HttpResponse:
    """The chosen face in all the pixels that the picture has."""
    return jpeg_response(made(lambda: probe_close_up(examination.search)))


@require_safe
@own_examination
def examination_probe_picture(request: AgencyRequest, examination: Examination) -> HttpResponse:
    """The whole picture as it was searched with."""
    return stored_jpeg(request, examination.search.probe.display_key)


@require_safe
@own_examination
def examination_probe_original(request: AgencyRequest, examination: Examination) -> HttpResponse:
    """The picture as it was uploaded, so that edits can be judged."""
    return jpeg_response(original(examination.search.probe))


@require_safe
@own_examination
def examination_face_portrait(
    request: AgencyRequest, examination: Examination, position: int
) -> HttpResponse:
    return stored_jpeg(request, item_at(examination, position).picture.portrait_key)


@require_safe
@own_examination
def examination_face_close_up(
    request: AgencyRequest, examination: Examination, position: int
) -> HttpResponse:
    picture = item_at(examination, position).picture
    return jpeg_response(made(lambda: shown_close_up(picture)))


@require_safe
@own_examination
def examination_face_picture(
    request: AgencyRequest, examination: Examination, position: int
) -> HttpResponse:
    """The whole enrolled picture."""
    picture = item_at(examination, position).picture
    return jpeg_response(made(lambda: shown_picture(picture)))
