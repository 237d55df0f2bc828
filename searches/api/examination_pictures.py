"""The pictures of an examination for programs, by position: no address tells whose a face is."""

from collections.abc import Callable
from functools import partial
from uuid import UUID

from django.urls import path

from accounts.actor import Actor
from accounts.api.pictures import address_view
from accounts.rest.problems import Problem
from accounts.rest.signed import Picture, picture_kind
from portal.audit.actions import Action
from searches.faults import Fault
from searches.models import Examination, FaceImage, SharedFace
from searches.services.close_ups import probe_close_up, shown_close_up, shown_picture
from searches.shown_pictures import made, original, stored
from searches.urls_workbench import PICTURES
from searches.views.workbench_doors import CLOSED
from searches.workbench_access import EXAMINERS, examination_for, item_at

Make = Callable[[Actor, Examination], bytes]
MakeFace = Callable[[Actor, FaceImage | SharedFace], bytes]


def _own(actor: Actor, pk: str) -> Examination:
    """The person's own examination. Raises Problem with the status of the page."""
    try:
        return examination_for(actor, UUID(pk))
    except Fault as fault:
        raise Problem(CLOSED[fault.code][0], fault) from fault


def _of_probe(make: Make, actor: Actor, name: str) -> Picture:
    examination = _own(actor, name)
    probe = examination.search.probe
    facts = {"case": str(probe.case_id)}
    return Picture(partial(make, actor, examination), Action.PROBE_VIEWED, probe, facts)


def _of_face(make: MakeFace, actor: Actor, name: str) -> Picture:
    pk, _, position = name.partition(".")
    examination = _own(actor, pk)
    item = item_at(examination, int(position))
    facts = {
        "search": str(examination.search_id),
        "case": str(examination.search.case_id),
        "round": examination.round,
        "position": item.position,
    }
    return Picture(partial(make, actor, item.picture), Action.FACE_VIEWED, examination, facts)


def _chosen_face(actor: Actor, examination: Examination) -> bytes:
    search = examination.search
    return stored(actor, search.probe.portrait_keys[search.face_index])


PROBES: dict[str, Make] = {
    "examination_probe_face": _chosen_face,
    "examination_probe_close_up": lambda _, one: made(lambda: probe_close_up(one.search)),
    "examination_probe_picture": lambda actor, one: stored(actor, one.search.probe.display_key),
    "examination_probe_original": lambda _, one: original(one.search.probe),
}
FACES: dict[str, MakeFace] = {
    "examination_face_portrait": lambda actor, face: stored(actor, face.portrait_key),
    "examination_face_close_up": lambda _, face: made(lambda: shown_close_up(face)),
    "examination_face_picture": lambda _, face: made(lambda: shown_picture(face)),
}
for _name, _make in PROBES.items():
    picture_kind(_name)(partial(_of_probe, _make))
for _name, _make_face in FACES.items():
    picture_kind(_name)(partial(_of_face, _make_face))

urlpatterns = [
    path(
        route,
        address_view(name, EXAMINERS, f"Address of a picture: {name.replace('_', ' ')}"),
        name=f"api_{name}_address",
    )
    for name, route in PICTURES.items()
]
