"""A gallery to import into."""

import pytest

from accounts.models import Agency
from searches.models import Gallery
from tests.factories import make_gallery


@pytest.fixture
def gallery(alder: Agency) -> Gallery:
    return make_gallery(alder)
