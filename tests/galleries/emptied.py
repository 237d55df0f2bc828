"""Rows emptied as an erasure empties them, without the erasure."""

from collections.abc import Iterable
from uuid import UUID

from tests.searches.committed import superuser


def empty_images(ids: Iterable[UUID]) -> None:
    """Empty these pictures, committed and past the rules of how that comes about."""
    with superuser(past_triggers=True) as connection:
        connection.execute(
            "UPDATE searches_faceimage SET erased_at = clock_timestamp(), sha256 = '',"
            " file_key = '', portrait_key = '', face = '{}' WHERE id = ANY(%s)",
            [list(ids)],
        )
        connection.execute("DELETE FROM searches_template WHERE image_id = ANY(%s)", [list(ids)])


def empty_subjects(ids: Iterable[UUID]) -> None:
    """The same for subjects; what is of them has to be emptied as well."""
    with superuser(past_triggers=True) as connection:
        connection.execute(
            "UPDATE searches_subject SET erased_at = clock_timestamp(), reference_mark = '',"
            " reference_sealed = '' WHERE id = ANY(%s)",
            [list(ids)],
        )
