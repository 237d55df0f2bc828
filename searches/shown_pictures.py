"""The bytes of pictures that are shown, for pages and programs: JPEG without metadata, or 404."""

from collections.abc import Callable

from django.http import Http404

from accounts.access import files_of
from accounts.actor import Actor
from portal.storage import MissingFile
from searches.faults import Fault
from searches.images import ImageRejected, encode_jpeg, thumbnail
from searches.models import Probe
from searches.services.pictures import original_pixels
from searches.services.probes import DISPLAY_SIDE


def stored(actor: Actor, key: str) -> bytes:
    """A picture of the agency's store that has no metadata already; 404 when it is gone."""
    try:
        data = files_of(actor.agency).get(key) if key else b""
    except MissingFile as error:
        raise Http404 from error
    if not data:
        raise Http404
    return data


def made(make: Callable[[], bytes]) -> bytes:
    """A picture made of a stored one; 404 when that cannot be read."""
    try:
        return make()
    except (Fault, ImageRejected) as error:
        raise Http404 from error


def original(probe: Probe) -> bytes:
    """The picture as it was uploaded, neither edited nor turned, scaled for the screen."""
    return made(lambda: encode_jpeg(thumbnail(original_pixels(probe).rgb, DISPLAY_SIDE)))


def portrait_key(probe: Probe, index: int) -> str:
    """Where the face of that number lies in the store; 404 when the probe has no such face."""
    keys: list[str] = probe.portrait_keys
    if index >= len(keys):
        raise Http404
    return keys[index]
