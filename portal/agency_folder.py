"""The folder of one agency in the file store as a whole: what is in it, sealed parts, its end."""

from portal.blobs import blobs
from portal.datakeys import open_ring
from portal.storage import forget_keys

__all__ = ["Parts", "forget_keys", "measure_folder", "remove_folder"]


def measure_folder(agency_id: int) -> tuple[int, int]:
    """How many files lie in the folder, of whatever kind, and how many bytes they take."""
    sizes = [blob.size for blob in blobs().under(str(agency_id))]
    return len(sizes), sum(sizes)


def remove_folder(agency_id: int) -> None:
    """Remove every file of the agency; a folder that is gone already is no error."""
    blobs().clear(str(agency_id))


class Parts:
    """Sealed parts of something large, numbered, in a folder of their own beside the files.

    A part's name, the agency and the purpose are bound to its content: parts cannot be swapped.
    """

    def __init__(self, agency_id: int, wrapped_keys: bytes, identity: str, purpose: str) -> None:
        self._keys = open_ring(wrapped_keys, identity)
        self._folder = f"{agency_id}/{purpose}"
        self._blobs = blobs()

    def clear(self) -> None:
        """Begin anew: whatever an interrupted writer left is gone."""
        self._blobs.clear(self._folder)

    def put(self, name: str, plain: bytes) -> None:
        """Store one part; durable when this returns."""
        place = f"{self._folder}/{name}"
        self._blobs.put(place, self._keys.seal(plain, place))

    def get(self, name: str) -> bytes:
        """One part; raises MissingFile, or KeyProblem when it was tampered with."""
        place = f"{self._folder}/{name}"
        return self._keys.unseal(self._blobs.get(place), place)
