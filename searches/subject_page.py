"""The pictures of a subject as its page shows them."""

from dataclasses import dataclass

from django.utils.functional import Promise

from searches.models import FaceImage, Subject
from searches.quality_advice import Reading, limits_of, readings


@dataclass(frozen=True, slots=True)
class ImageRow:
    """A picture with its measures; none for one that was enrolled before there were any."""

    image: FaceImage
    readings: list[Reading]
    is_best: bool
    of_several: bool

    @property
    def advice(self) -> list[str | Promise]:
        return [one.measure.advice for one in self.readings if not one.is_within]


def image_rows(subject: Subject) -> list[ImageRow]:
    """The picture that represents the subject first, then the others as they came."""
    limits = limits_of(subject.gallery)
    images = list(FaceImage.objects.filter(subject=subject))
    images.sort(key=lambda image: image.pk != subject.best_image_id)
    return [
        ImageRow(
            image,
            readings(image.measures, limits),
            image.pk == subject.best_image_id,
            len(images) > 1,
        )
        for image in images
    ]


def image_row(image: FaceImage) -> ImageRow:
    """One picture as its subject's page shows it."""
    return next(row for row in image_rows(image.subject) if row.image.pk == image.pk)
