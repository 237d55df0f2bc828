"""Every address x everybody: expected status in one table, and a denied request changes nothing.

The tables are in `tests/access_matrix/`, one per area.
"""

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from tests.access_matrix.area import L
from tests.access_matrix.contents import contents
from tests.access_matrix.world import AREAS, EVERYBODY, POST_ONLY, TABLE, World, expected
from tests.access_matrix.world import world as world

EACH_TEST_ALONE = True

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("models", "bells", "one_log_in")]


def names(patterns: list[URLPattern | URLResolver]) -> set[str]:
    found: set[str] = set()
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            # The platform's pages have a table of their own (accounts/test_platform_admin.py),
            # and so has the API (api/test_access.py).
            if pattern.namespace != "platform" and str(pattern.pattern) != "api/v1/":
                found |= names(pattern.url_patterns)
        else:
            assert pattern.name, f"{pattern.pattern} has no name"
            found.add(pattern.name)
    return found


def test_no_address_is_forgotten() -> None:
    # A list, for a name that stood in two tables would hide one of its rows.
    asked = [name for area in AREAS for name in area.table]
    assert sorted(names(get_resolver().url_patterns)) == sorted(asked)


@pytest.mark.parametrize("person", EVERYBODY)
def test_everybody_sees_what_the_table_says(client: Client, world: World, person: str) -> None:
    user = world.people[person]
    seen = {}
    for name in TABLE:
        if user is not None:
            client.force_login(user)
        else:
            client.logout()
        before = contents(world.agency)
        address = reverse(name, args=world.arguments.get(name, []))
        if name in POST_ONLY:
            response = client.post(address, world.posts.get(name, {}))
        else:
            response = client.get(address)
        seen[name] = response.status_code
        if response.status_code in (403, 404):
            assert contents(world.agency) == before, name
        if response.status_code == L and user is None and name != "account_login":
            assert response["Location"].startswith(("/login/", "/")), name
    assert seen == expected(person)


@pytest.mark.parametrize("person", EVERYBODY)
def test_a_denied_post_changes_nothing(client: Client, world: World, person: str) -> None:
    user = world.people[person]
    statuses = expected(person)
    for name, values in world.posts.items():
        # Whoever has the right may be told that it is not the time (409) or what is missing (422).
        allowed = statuses[name] in (200, 302, 409, 422) and user is not None
        if allowed:
            continue
        if user is not None:
            client.force_login(user)
        before = contents(world.agency)
        address = reverse(name, args=world.arguments.get(name, []))
        response = client.post(address, values)
        assert response.status_code in (302, 403, 404), name
        if response.status_code == 302:
            assert response["Location"].startswith("/login/") or name == "set_language"
        assert contents(world.agency) == before, name


def test_switching_to_a_foreign_agency_changes_nothing(client: Client, world: World) -> None:
    user = world.people["analyst"]
    assert user is not None
    client.force_login(user)
    client.post(reverse("switch_agency"), world.posts["switch_agency"])
    assert client.get(reverse("home")).context["agency"] == world.agency


def test_unsafe_methods_without_a_token_are_refused(world: World) -> None:
    client = Client(enforce_csrf_checks=True)
    user = world.people["analyst"]
    assert user is not None
    client.force_login(user)
    before = contents(world.agency)
    for name, values in world.posts.items():
        response = client.post(reverse(name, args=world.arguments.get(name, [])), values)
        assert response.status_code == 403, name
    assert contents(world.agency) == before
