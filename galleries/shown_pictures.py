"""The bytes of pictures that are not enrolled, for pages and programs: JPEG without metadata."""

from django.http import Http404

from accounts.access import files_of
from accounts.actor import Actor
from galleries.models import FileState, ImportFile, ReviewItem
from portal.keys import KeyProblem
from portal.storage import MissingFile
from searches.images import ImageRejected, decode, encode_jpeg, thumbnail
from searches.recognition import image_limits
from searches.shown_pictures import stored

SIDE = 320


def rejected(actor: Actor, file: ImportFile) -> bytes:
    """A rejected file of an import; 404 when it cannot be shown."""
    if file.state != FileState.REJECTED or not file.can_be_shown:
        raise Http404
    try:
        data = files_of(actor.agency).get(file.file_key)
        pixels = decode(data, image_limits()).rgb
    except (MissingFile, KeyProblem, ImageRejected) as error:
        raise Http404 from error
    return encode_jpeg(thumbnail(pixels, SIDE))


def held(actor: Actor, item: ReviewItem) -> bytes:
    """The face of a held picture; 404 once it was decided on, and for a finding."""
    return stored(actor, item.enrolment.portrait_key if item.enrolment else "")
