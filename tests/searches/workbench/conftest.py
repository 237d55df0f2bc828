"""A search to examine, and who logs in."""

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import Agency
from searches.models import Gallery, Search
from tests.factories import person_jpeg
from tests.searches.procedure import Office, filled_gallery, searched


@pytest.fixture
def gallery(alder: Agency) -> Gallery:
    return filled_gallery(alder, 8)


@pytest.fixture
def search(office: Office, gallery: Gallery) -> Search:
    """Done, with five candidates of eight subjects, and not examined yet."""
    return searched(office, person_jpeg(1), gallery, limit=5)


@pytest.fixture
def log_in(office: Office, client: Client) -> Callable[[str], Client]:
    def as_person(name: str) -> Client:
        client.force_login(office.people[name])
        return client

    return as_person
