"""A row in each table of hygiene and reviews."""

from galleries.models import HygieneRun, ReviewItem, ReviewKind
from searches.models import FaceImage, Gallery


def full_reviews(gallery: Gallery) -> ReviewItem:
    """A run of a gallery that found one of its pictures odd."""
    image = FaceImage.objects.filter(gallery=gallery).earliest("enrolled_at")
    run = HygieneRun.objects.create(gallery=gallery, requested_by_label="somebody")
    item: ReviewItem = ReviewItem.objects.create(
        kind=ReviewKind.OUTLIER,
        run=run,
        gallery=gallery,
        image=image,
        subject=image.subject,
        similarity=0.1,
        threshold=0.5,
    )
    return item
