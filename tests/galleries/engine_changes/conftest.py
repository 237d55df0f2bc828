"""The gallery whose engine is changed."""

import pytest

from accounts.models import Agency
from searches.engines.synthetic import draw_empty
from searches.images import encode_jpeg
from searches.models import FaceImage, Gallery
from searches.services.enrolment import run_enrolment
from tests.factories import make_enrolment, make_gallery, person_jpeg
from tests.galleries.engine_changes.cast import PEOPLE, Shown, beside


@pytest.fixture
def gallery(in_alder: Agency) -> Gallery:
    """Three people with two pictures each."""
    gallery = make_gallery(in_alder)
    for seed in PEOPLE:
        for picture in (0, 1):
            run_enrolment(make_enrolment(gallery, f"P-{seed}", person_jpeg(seed, picture)).pk)
    gallery.refresh_from_db()
    return gallery


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> Shown:
    made = Shown()
    monkeypatch.setattr("galleries.services.engine_embedding.files_of", made.of)
    return made


@pytest.fixture
def spoiled(gallery: Gallery, shown: Shown) -> list[FaceImage]:
    """What three pictures' files show now: nobody, somebody elsewhere, and no picture at all."""
    empty = encode_jpeg(draw_empty(1, 320))
    images = list(FaceImage.objects.all()[:3])
    files = [empty, beside(empty, person_jpeg(1)), b"no picture"]
    shown.files = {image.file_key: data for image, data in zip(images, files, strict=True)}
    return images
