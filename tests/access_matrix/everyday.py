"""What everybody has on every page: home, the search box, notifications, the language."""

from accounts.models import Notification
from tests.access_matrix.area import Area, Arguments, L, Posts, Table
from tests.access_matrix.ground import Ground

TABLE: Table = {
    "health": [200, 200, 200, 200, 200, 200, 200, 200],
    "live": [200] * 8,
    "ready": [200] * 8,
    "metrics": [404] * 8,  # without the token of the metrics
    "design": [404, 404, 404, 404, 404, 404, 403, 404],  # with CANDOR_DEBUG only
    "set_language": [302, 302, 302, 302, 302, 302, 302, L],
    "switch_agency": [302, 302, 302, 302, 302, 302, 403, L],
    "home": [200, 200, 200, 200, 200, 200, 403, L],
    "find": [200, 403, 200, 200, 200, 200, 403, L],
    "notifications": [200, 200, 200, 200, 200, 200, 403, L],
    "notifications_read": [302, 302, 302, 302, 302, 302, 403, L],
    # One of the analyst's.
    "notification_open": [302, 404, 404, 404, 404, 404, 403, L],
    "notice": [200, 200, 200, 200, 200, 200, 403, L],
}
POST_ONLY = ("set_language", "switch_agency", "notification_open", "notifications_read")


def arguments(ground: Ground) -> Arguments:
    told = Notification.objects.filter(user=ground.user("analyst")).earliest("made_at")
    return {"notification_open": [told.pk]}


def posts(ground: Ground) -> Posts:
    return {
        "set_language": {"language": "fr"},
        "switch_agency": {"agency": ground.birch.pk},
        "notification_open": {},
        "notifications_read": {},
    }


AREA = Area(TABLE, POST_ONLY, arguments, posts)
