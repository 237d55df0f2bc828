"""Galleries of made-up templates, whose similarities are known exactly."""

import math
import uuid
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from accounts.actor import command_actor
from galleries.models import ReviewItem
from searches.measuring import NewPicture
from searches.models import DuplicateCheck, FaceImage, Gallery
from searches.recognition import EnrolledFace
from searches.services.duplicates import Held, _sizes
from searches.services.enrolment import enrol_picture
from tests.factories import CONTRACT, FACE, provenance_of, unit

ALIKE = 0.9


def checking(gallery: Gallery, similarity: float | None = ALIKE) -> Gallery:
    """The gallery holds pictures that are this similar to another subject."""
    check = DuplicateCheck.OWN if similarity is not None else DuplicateCheck.PUBLISHED
    Gallery.objects.filter(pk=gallery.pk).update(
        duplicate_check=check, duplicate_similarity=similarity
    )
    gallery.refresh_from_db()
    _sizes.clear()
    return gallery


def at(degrees: float) -> NDArray[np.float32]:
    """A template in a plane: two at angles a and b have the similarity cos(a - b)."""
    turn = math.radians(degrees)
    return unit(math.cos(turn), math.sin(turn), 0.0, 0.0)


def picture_of(vector: NDArray[np.float32], *, published: float | None = None) -> NewPicture:
    """A measured picture with this template."""
    data = uuid.uuid4().bytes * 2
    return NewPicture(
        data=data,
        sha256=sha256(data).hexdigest(),
        media_type="image/jpeg",
        found=EnrolledFace(FACE, 0, b"portrait", vector),
        contract=CONTRACT,
        published_threshold=published,
        scale="cosine, made up",
    )


def hand_in(
    gallery: Gallery, reference: str, degrees: float, **picture: float | None
) -> FaceImage | Held:
    return enrol_picture(
        actor=command_actor("test", gallery.agency_id),
        gallery=gallery,
        reference=reference,
        picture=picture_of(at(degrees), **picture),
        provenance=provenance_of(gallery),
    )


def enrolled(gallery: Gallery, reference: str, degrees: float) -> FaceImage:
    made = hand_in(gallery, reference, degrees)
    assert isinstance(made, FaceImage)
    return made


def held(gallery: Gallery, reference: str, degrees: float) -> ReviewItem:
    """A picture that is held; its item in the queue."""
    made = hand_in(gallery, reference, degrees)
    assert isinstance(made, Held)
    return ReviewItem.objects.get(enrolment=made.enrolment)
