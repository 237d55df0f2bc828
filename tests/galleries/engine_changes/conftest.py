"""The gallery whose engine is changed."""

import pytest

from accounts.models import Agency
from searches.models import Gallery
from searches.services.enrolment import run_enrolment
from tests.factories import make_enrolment, make_gallery, person_jpeg
from tests.galleries.engine_changes.cast import PEOPLE


@pytest.fixture
def gallery(in_alder: Agency) -> Gallery:
    """Three people with two pictures each."""
    gallery = make_gallery(in_alder)
    for seed in PEOPLE:
        for picture in (0, 1):
            run_enrolment(make_enrolment(gallery, f"P-{seed}", person_jpeg(seed, picture)).pk)
    gallery.refresh_from_db()
    return gallery
