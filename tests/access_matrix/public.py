"""The agency's public page, and the requests of data subjects that come by it."""

from tests.access_matrix.area import Area, Arguments, L, Posts, Table
from tests.access_matrix.ground import Ground
from tests.oversight.requests_cast import full_requests

TABLE: Table = {
    # For everybody, whoever they are; tests/oversight/test_public_page.py.
    "public_page": [200] * 8,
    "public_request": [200] * 8,
    "public_request_message": [422] * 8,  # the request is answered
    "public_request_withdraw": [200] * 8,
    "public_request_letter": [200] * 8,
    "public_page_settings": [403, 403, 403, 403, 200, 200, 403, L],
    "public_page_preview": [403, 403, 403, 403, 200, 404, 403, L],  # the stranger has none
    "public_page_switch": [403, 403, 403, 403, 302, 302, 403, L],
    "requests": [403, 403, 200, 403, 403, 200, 403, L],
    "request_new": [403, 403, 200, 403, 403, 200, 403, L],
    "request": [403, 403, 200, 403, 403, 404, 403, L],
    "request_act": [403, 403, 200, 403, 403, 404, 403, L],
    "request_erase": [403, 403, 200, 403, 403, 404, 403, L],
    "request_letter": [403, 403, 200, 403, 403, 404, 403, L],
    "request_subject_remove": [403, 403, 302, 403, 403, 404, 403, L],
}
POST_ONLY = ("public_request_message", "public_page_switch", "request_subject_remove")


def arguments(ground: Ground) -> Arguments:
    taken = full_requests(ground.alder)
    request, following = taken.request, (ground.alder.slug, taken.token)
    letter, chosen = request.letters.get(), request.subjects.get()
    return {
        "public_page": [ground.alder.slug],
        **{f"public_request{name}": [*following] for name in ("", "_message", "_withdraw")},
        "public_request_letter": [*following, letter.pk],
        "request": [request.pk],
        "request_act": [request.pk, "note"],
        "request_erase": [request.pk],
        "request_letter": [letter.pk],
        "request_subject_remove": [request.pk, chosen.pk],
    }


def posts(ground: Ground) -> Posts:
    return {
        "public_page_settings": {"seen": 2, "en_policy": "x"},
        "public_page_switch": {"to": "off"},  # without the version that was seen: a message
        "request_new": {"kind": "access"},
        "request_act": {"text": "x"},
        "request_erase": {},
        "request_subject_remove": {},
    }


AREA = Area(TABLE, POST_ONLY, arguments, posts)
