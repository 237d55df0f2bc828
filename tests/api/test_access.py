"""The access matrix of the API: who lacks the permission gets 403, who is elsewhere 404, and
nothing changes. Who has it is asked for in the tests of each part.
"""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from rest_framework.views import APIView

from accounts.models import Agency, Role
from accounts.permissions import ROLE_PERMISSIONS
from accounts.rest.asking import permissions_for
from tests.access_matrix.contents import contents
from tests.access_matrix.world import World
from tests.access_matrix.world import world as world
from tests.api.caller import code
from tests.api.test_every_address import GUARDED, METHODS, WITHOUT_PERMISSION, parts_of, sample_of
from tests.factories import make_token

EACH_TEST_ALONE = True  # requests may not be received a minute after the transaction began

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("models", "bells")]

# Whose id stands in an address, by its first part: the name of a page with the same argument.
OF = {
    "alerts": "alert",
    "borrowed-galleries": "grant_accept",
    "cases": "case",
    "categories": "category",
    "engine-changes": "engine_change",
    "enrolments": "enrolment",
    "erasures": "erasure",
    "examinations": "examination",
    "galleries": "gallery",
    "gallery-grants": "gallery_grant",
    "holds": "hold_release",
    "images": "hold_image",
    "import-files": "import_picture",
    "imports": "import",
    "invitations": "invitation_resend",
    "license": "license_download",
    "members": "member_deactivate",
    "notifications": "notification_open",
    "probes": "probe",
    "record": "record_entry",
    "registers": "register",
    "requests": "request",
    "retention-runs": "retention_run",
    "reviews": "gallery_review",
    "searches": "search",
    "shadow-searches": "shadow_search",
    "subjects": "subject",
    "tokens": "token_revoke",
    "transparency": "transparency_report",
}
# Weeks of the record are everybody's; webhooks have a test of their own.
ELSEWHERE = {"api_week", "api_week_sign"}
NOBODY = UUID(int=0)


def calls() -> Iterator[tuple[str, str, str, type[APIView]]]:
    for name, route, view in GUARDED:
        for method in METHODS:
            if hasattr(view.cls, method):
                yield name, route, method, view.cls


def address(world: World, name: str, route: str) -> str:
    """An address with ids of Alder's own in it."""
    known: dict[str, object] = {"member": world.arguments["case_member_end"][1]}
    known |= {"register": world.arguments["register"][0]}
    page = OF.get(route.removeprefix("api/v1/").partition("/")[0])
    known["pk"] = world.arguments[page][0] if page else NOBODY
    known |= {"position": 1, "index": 0, "act": "cancel", "audience": "public", "kind": "csv"}
    known["week"] = "2026-01-05"
    return "/" + "".join(
        f"{known[part] if part else ''}{text}" for _, part, text in parts_of(route)
    )


def send(text: str, method: str, place: str) -> Any:
    headers = {"Authorization": f"Bearer {text}"}
    return Client().generic(method.upper(), place, b"{}", "application/json", headers=headers)


@pytest.mark.parametrize("role", list(Role))
def test_who_lacks_the_permission(world: World, role: Role) -> None:
    person = world.people[role.value]
    assert person is not None
    _, text = make_token(world.agency, person)
    before, asked = contents(world.agency), 0
    for _, route, method, view in calls():
        needed = permissions_for(view.requires, method)  # type: ignore[attr-defined]
        if not needed or set(needed) & ROLE_PERMISSIONS[role]:
            continue
        place = address(world, "", route)
        assert code(send(text, method, place)) == (403, "permission_denied"), (method, place)
        asked += 1
    assert asked > 20
    assert contents(world.agency) == before


def test_who_is_elsewhere(world: World, birch: Agency) -> None:
    """Everything at Birch opens nothing of Alder's, and does not tell it from what is not there."""
    stranger = world.people["stranger"]
    assert stranger is not None
    _, text = make_token(birch, stranger)
    before, found = contents(world.agency), {}
    for name, route, method, _ in calls():
        if "<" in route and name not in ELSEWHERE:
            place = address(world, name, route)
            found[method, place] = send(text, method, place).status_code
    assert {call: status for call, status in found.items() if status != 404} == {}
    assert contents(world.agency) == before


def test_nothing_is_left_out() -> None:
    """What asks for no permission by itself is listed, with a reason, beside that list."""
    without = {
        (method, name)
        for name, _, method, view in calls()
        if method not in view.requires  # type: ignore[attr-defined]
    }
    assert without == WITHOUT_PERMISSION
    assert all(sample_of(route) for _, route, _, _ in calls())
