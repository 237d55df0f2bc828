"""Faces that the search did not bring, mixed into the second examination.

Whoever retains one of them shows how often they would retain anybody. The faces are drawn at
random from the searched galleries, not from the most similar ones: those might be mates.
"""

import random
import uuid
from collections.abc import Collection
from typing import TypeVar
from uuid import UUID

from searches.models import FaceImage, Search, Subject

SHARE = 4
"""One distractor for so many candidates, at least `FEWEST`, as far as the galleries have others."""
FEWEST = 2

T = TypeVar("T")
_random = random.SystemRandom()


def distractors_for(search: Search) -> list[FaceImage]:
    """One image each of randomly drawn subjects that are no candidates.

    From the agency's own galleries alone: of another agency's nobody is shown but candidates.
    """
    galleries = list(search.searched_galleries.values_list("gallery_id", flat=True))
    subjects = list(search.candidates.values_list("subject_id", flat=True))
    used = set(filter(None, subjects))
    wanted = max(FEWEST, -(-len(subjects) // SHARE))
    drawn: list[FaceImage] = []
    for _ in range(wanted):
        subject = _draw(galleries, used)
        if subject is None:
            break
        used.add(subject.pk)
        image = subject.images.order_by("enrolled_at", "id").first()
        if image is not None:
            drawn.append(image)
    return drawn


def _draw(galleries: Collection[UUID], used: Collection[UUID]) -> Subject | None:
    """A subject at random: the next one after a random id, which costs no sort of the gallery."""
    # One join: a live image, and not an image beside an erased one.
    live = {"images__isnull": False, "images__erased_at": None}
    found = Subject.objects.filter(gallery_id__in=galleries, **live)
    left = found.exclude(pk__in=used).order_by("pk")
    start = uuid.UUID(int=_random.getrandbits(128))
    return left.filter(pk__gte=start).first() or left.first()


def shuffled(faces: list[T]) -> list[T]:
    """The same in an order that nobody can foresee."""
    return _random.sample(faces, len(faces))
