"""Erasing a picture because a review says so: an erasure like every other, with its receipt."""

from accounts.actor import Actor
from galleries.models import ErasureCause, ErasureTarget, ReviewItem
from galleries.services.erasing import request_erasure
from searches.models import FaceImage


def remove_image(actor: Actor, image: FaceImage, item: ReviewItem) -> None:
    """Ask for the erasure, which takes the right to erase. Raises Fault."""
    request_erasure(
        actor=actor,
        target=ErasureTarget.IMAGES,
        ids=[image.pk],
        cause=ErasureCause.HYGIENE,
        reason=item.reason,
        submission_key=item.pk,
    )
