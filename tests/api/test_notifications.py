"""What a token's owner was told of, as programs get it."""

import pytest

from accounts.models import Agency, Notification, NotificationKind, Role, User
from accounts.permissions import Permission
from accounts.services.telling import notify
from portal.tenancy import own_scope, scope
from tests.api.caller import Caller, caller, code
from tests.api.counting import statements

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(alder: Agency) -> Caller:
    found = caller(alder, Role.ADMIN, name="ada")
    tell(alder, found.user, NotificationKind.LICENSE_ENDS)
    tell(alder, found.user, NotificationKind.ALERT_WAITS)  # of another role's, before
    return found


def tell(agency: Agency, user: User, kind: NotificationKind) -> None:
    with scope(agency.pk):
        notify([user], kind, agency)


def kinds(asker: Caller, **query: str) -> list[str]:
    return [one["kind"] for one in asker.get("api_notifications", query=query).json()["results"]]


def test_the_list_is_the_owner_s_as_far_as_the_token_reaches(admin: Caller, birch: Agency) -> None:
    assert kinds(admin) == ["license.ends", "access.given"]
    assert kinds(admin, topic="access", unread="true") == ["access.given"]
    assert kinds(admin, unread="false") == []
    (one,) = admin.get("api_notifications", query={"topic": "license"}).json()["results"]
    assert one | {"id": 0, "made_at": 0} == {
        "id": 0,
        "kind": "license.ends",
        "subject_type": "agency",
        "subject_id": str(admin.agency.pk),
        "text": "The license ends soon",
        "open": True,
        "made_at": 0,
        "read_at": None,
    }
    narrow = Caller(admin.agency, admin.user, Permission.ENROL)
    assert kinds(narrow) == ["access.given"]
    assert code(admin.get("api_notifications", query={"topic": "x"})) == (400, "query_invalid")
    assert kinds(caller(birch, Role.ADMIN, name="bea")) == ["access.given"]


def test_one_s_own_is_marked_as_read_and_nobody_else_s(admin: Caller) -> None:
    (one,) = admin.get("api_notifications", query={"topic": "license"}).json()["results"]
    own, other = one["id"], caller(admin.agency, Role.ADMIN, name="abe")
    assert code(other.post("api_notification_read", own)) == (404, "not_found")
    narrow = Caller(admin.agency, admin.user, Permission.ENROL)
    assert code(narrow.post("api_notification_read", own)) == (404, "not_found")
    with own_scope(admin.agency.pk, admin.user.pk):
        assert not Notification.objects.exclude(read_at=None).exists()
    first = admin.post("api_notification_read", own)
    assert first.json()["read_at"] is not None
    assert admin.post("api_notification_read", own).json() == first.json()
    assert kinds(admin, unread="true") == ["people.admin_added", "access.given"]


def test_the_list_costs_the_same_however_long(admin: Caller) -> None:
    few = statements(admin, "api_notifications")
    for _ in range(10):
        tell(admin.agency, admin.user, NotificationKind.LICENSE_ENDS)
    assert statements(admin, "api_notifications") == few
