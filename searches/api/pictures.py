"""The kinds of pictures of probes and candidates, which programs get by signed addresses."""

from functools import partial
from uuid import UUID

from django.urls import path

from accounts.actor import Actor
from accounts.api.pictures import address_view
from accounts.permissions import Permission
from accounts.rest.signed import Picture, picture_kind
from portal.audit.actions import Action
from searches.access import portrait_for, probe_for, shared_face_for
from searches.models import Probe
from searches.shown_pictures import original, portrait_key, stored


def _probe(actor: Actor, pk: str) -> Probe:
    actor.require(Permission.VIEW_CANDIDATES)
    return probe_for(actor, UUID(pk))


@picture_kind("probe")
def probe_picture(actor: Actor, name: str) -> Picture:
    """The probe upright as it is searched with."""
    found = _probe(actor, name)
    facts = {"case": str(found.case_id)}
    return Picture(partial(stored, actor, found.display_key), Action.PROBE_VIEWED, found, facts)


@picture_kind("probe_original")
def probe_original(actor: Actor, name: str) -> Picture:
    """The probe as it was uploaded."""
    found = _probe(actor, name)
    facts = {"case": str(found.case_id)}
    return Picture(partial(original, found), Action.PROBE_VIEWED, found, facts)


@picture_kind("probe_face")
def probe_face(actor: Actor, name: str) -> Picture:
    """One of the faces found in a probe, by its index."""
    pk, _, index = name.partition(".")
    found = _probe(actor, pk)
    key, facts = portrait_key(found, int(index)), {"case": str(found.case_id)}
    return Picture(partial(stored, actor, key), Action.PROBE_VIEWED, found, facts)


@picture_kind("face")
def enrolled_face(actor: Actor, name: str) -> Picture:
    """An enrolled face, for those who may see galleries, or the search it is a candidate of."""
    image = portrait_for(actor, UUID(name))
    facts = {"gallery": str(image.gallery_id)}
    make = partial(stored, actor, image.portrait_key)
    return Picture(make, Action.SUBJECT_VIEWED, image.subject, facts)


@picture_kind("shared_face")
def shared_face(actor: Actor, name: str) -> Picture:
    """A candidate's face from another agency's gallery, as it was copied with the result."""
    face = shared_face_for(actor, UUID(name))
    facts = {"case": str(face.search.case_id)}
    make = partial(stored, actor, face.portrait_key)
    return Picture(make, Action.CANDIDATES_VIEWED, face.search, facts)


_SEEN = Permission.VIEW_CANDIDATES
_EITHER = (_SEEN, Permission.VIEW_GALLERIES)
# Address, kind, permission.
ADDRESSES = (
    ("probes/<uuid:pk>/picture/", "probe", _SEEN, "Address of a probe's picture"),
    ("probes/<uuid:pk>/original/", "probe_original", _SEEN, "Address of the uploaded picture"),
    ("probes/<uuid:pk>/faces/<int:index>/", "probe_face", _SEEN, "Address of a probe's face"),
    ("images/<uuid:pk>/portrait/", "face", _EITHER, "Address of an enrolled face"),
    ("shared-faces/<uuid:pk>/portrait/", "shared_face", _SEEN, "Address of another agency's face"),
)
urlpatterns = [
    path(route, address_view(kind, needs, summary), name=f"api_{kind}_address")
    for route, kind, needs, summary in ADDRESSES
]
