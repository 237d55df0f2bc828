"""Changes of a gallery's engine, and the shadow searches that compare the two."""

import uuid

from tests.access_matrix.area import Area, Arguments, L, Posts, Table
from tests.access_matrix.ground import Ground
from tests.galleries.cast_engines import full_engine_change

OF_ENGINES = [403, 403, 403, 403, 200, 404, 403, L]

TABLE: Table = {
    "engine_changes": OF_ENGINES,
    "engine_change_new": OF_ENGINES,
    "engine_change": OF_ENGINES,
    "engine_change_pace": [403, 403, 403, 403, 302, 404, 403, L],
    "engine_change_retry": [403, 403, 403, 403, 302, 404, 403, L],
    "engine_change_rejected": OF_ENGINES,
    "engine_change_switch": OF_ENGINES,
    "engine_change_end": OF_ENGINES,
    "engine_change_compare": [403, 403, 403, 403, 422, 404, 403, L],  # it is not embedded yet
    "shadow_search": OF_ENGINES,
    "shadow_report": [403, 403, 403, 403, 404, 404, 403, L],  # there is none yet
}
POST_ONLY = ("engine_change_pace", "engine_change_retry", "engine_change_compare")

OF_CHANGE = ("", "_pace", "_retry", "_rejected", "_switch", "_end", "_compare")


def arguments(ground: Ground) -> Arguments:
    shadow = full_engine_change(ground.gallery)
    return {
        "engine_changes": [ground.gallery.pk],
        "engine_change_new": [ground.gallery.pk],
        **{f"engine_change{name}": [shadow.change_id] for name in OF_CHANGE},
        "shadow_search": [shadow.pk],
        "shadow_report": [shadow.pk],
    }


def posts(ground: Ground) -> Posts:
    return {
        "engine_change_new": {"contract": "x"},
        "engine_change_pace": {"act": "pause"},
        "engine_change_retry": {},
        "engine_change_switch": {"losses": 1},
        "engine_change_end": {},
        "engine_change_compare": {"searches": 10, "submission_key": uuid.uuid4()},
    }


AREA = Area(TABLE, POST_ONLY, arguments, posts)
