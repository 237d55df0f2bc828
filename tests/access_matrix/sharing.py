"""Galleries granted to other agencies, and borrowed from them."""

import uuid

from tests.access_matrix.area import Area, Arguments, L, Posts, Table
from tests.access_matrix.ground import Ground
from tests.searches.sharing_cast import make_offer, make_owner, today

TABLE: Table = {
    "gallery_grants": [403, 403, 403, 403, 200, 404, 403, L],
    "gallery_grant": [403, 403, 403, 403, 200, 404, 403, L],
    "gallery_grant_revoke": [403, 403, 403, 403, 200, 404, 403, L],
    "origin": [403, 403, 403, 403, 200, 200, 403, L],
    "borrowed_galleries": [403, 403, 403, 403, 200, 200, 403, L],
    # The stranger's agency has granted it.
    "grant_accept": [403, 403, 403, 403, 200, 404, 403, L],
    "grant_decline": [403, 403, 403, 403, 200, 404, 403, L],
    # There is no such candidate; tests/galleries/test_sharing_pages.py has one.
    "shared_portrait": [404, 403, 404, 404, 403, 404, 403, L],
}


def arguments(ground: Ground) -> Arguments:
    given = make_offer(make_owner(ground.alder, subjects=0), ground.birch)
    offered = make_offer(make_owner(ground.birch, subjects=0), ground.alder)
    return {
        "gallery_grants": [ground.gallery.pk],
        "gallery_grant": [given.pk],
        "gallery_grant_revoke": [given.pk],
        "grant_accept": [offered.pk],
        "grant_decline": [offered.pk],
        "shared_portrait": [uuid.uuid4()],
    }


def posts(ground: Ground) -> Posts:
    return {
        "gallery_grants": {
            "agency": "birch",
            "purposes": ["missing_person"],
            "starts_on": today().isoformat(),
            "ends_on": today().isoformat(),
            "searches": 1,
            "agreement": "1/2026",
            "reason": "For a good reason",
        },
        "gallery_grant_revoke": {"reason": "For a good reason"},
        "origin": {"code": "x"},
        "grant_accept": {},
        "grant_decline": {},
    }


AREA = Area(TABLE, (), arguments, posts)
