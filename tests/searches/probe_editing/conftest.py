"""A probe of Ana."""

import pytest

from accounts.models import Agency, User
from searches.models import Case, Gallery, Probe
from searches.services.enrolment import run_enrolment
from tests.factories import make_case, make_enrolment, make_gallery, make_probe, person_jpeg


@pytest.fixture
def case(in_alder: Agency, ana: User) -> Case:
    """Ana is a member: she was there first."""
    return make_case(in_alder)


@pytest.fixture
def probe(case: Case) -> Probe:
    return make_probe(case, person_jpeg(1, 5))


@pytest.fixture
def gallery(in_alder: Agency) -> Gallery:
    gallery = make_gallery(in_alder)
    for seed in (1, 2):
        run_enrolment(make_enrolment(gallery, f"P-{seed}", person_jpeg(seed)).pk)
    return gallery
