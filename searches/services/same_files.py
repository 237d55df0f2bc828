"""Is this very file in a gallery already, held for it, or erased before?"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from django.db import IntegrityError

from accounts.access import files_of
from portal.storage import FileStore
from searches.faults import Fault
from searches.models import ErasedFile, FaceImage, Gallery
from searches.services.holding import held_file


def same_file(gallery: Gallery, sha256: str) -> FaceImage | None:
    """The image in the gallery that was made from this very file."""
    images = FaceImage.objects.filter(gallery=gallery, sha256=sha256)
    return images.select_related("subject").first()


def enrolled_references(gallery: Gallery, digests: Sequence[str]) -> dict[str, str]:
    """The subject reference of each of these files (by SHA-256) that the gallery has."""
    images = FaceImage.objects.filter(gallery=gallery, sha256__in=digests)
    return {image.sha256: image.subject.reference for image in images.select_related("subject")}


def refuse_duplicate(gallery: Gallery, reference: str, sha256: str) -> None:
    """Raise Fault when the gallery has this very file, or the agency erased it."""
    refuse_erased(files_of(gallery.agency_id), sha256)
    same = same_file(gallery, sha256)
    if same is not None:
        other = same.subject.reference != reference
        raise Fault("duplicate_subject_file" if other else "duplicate_file")
    if held_file(gallery, sha256) is not None:
        raise Fault("file_is_held")


def refuse_erased(store: FileStore, sha256: str) -> None:
    """Raise Fault when the agency whose store it is erased this very file before."""
    digest = store.fingerprint(sha256)
    if ErasedFile.objects.filter(digest=digest).exists():
        raise Fault("file_was_erased")


@contextmanager
def duplicates_named(gallery: Gallery, reference: str, sha256: str) -> Iterator[None]:
    """Turn the database's refusal of a file that the gallery has into its Fault.

    Asking first would cost every picture a query and still need this for files that come in twice
    at the same time. Encloses the transaction, so that it is over when the question is asked.
    """
    try:
        yield
    except IntegrityError as error:
        code = str(error).partition(":")[0]
        if code in ("gallery_erased", "subject_erased", "sandbox_picture"):
            raise Fault(code) from error
        refuse_duplicate(gallery, reference, sha256)
        raise
