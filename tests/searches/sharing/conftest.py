"""Birch owns a gallery, and Alder searches in it."""

from typing import Any

import pytest

from accounts.models import Agency
from searches.models import Gallery, GalleryGrant, Probe, Search
from tests.factories import make_case, make_probe, person_jpeg
from tests.searches.procedure import Office
from tests.searches.sharing.cast import Ask
from tests.searches.sharing_cast import Owner, make_grant, make_owner, search_shared


@pytest.fixture
def owner(birch: Agency) -> Owner:
    """Birch, whose gallery has four people."""
    return make_owner(birch)


@pytest.fixture
def probe(alder: Agency, office: Office) -> Probe:
    return make_probe(make_case(alder), person_jpeg(1))


@pytest.fixture
def grant(owner: Owner, alder: Agency) -> GalleryGrant:
    return make_grant(owner, alder)


@pytest.fixture
def ask(office: Office, probe: Probe) -> Ask:
    """Alder's analyst searches by grants."""

    def do(grants: list[GalleryGrant], *galleries: Gallery, **options: Any) -> Search:
        return search_shared(office.actor("analyst"), probe, grants, list(galleries), **options)

    return do
