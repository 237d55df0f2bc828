"""Thousands of different files, cheaply: a face is drawn once, and each file has another comment.

Both agencies enrol the same faces under references of their own. A candidate from the wrong agency
would be as similar as one of the right one, and could not stay unseen.
"""

from functools import cache

from tests.searches.import_pictures import commented, plain

_plain = cache(plain)


def drawn(seed: int, number: int) -> bytes:
    """Another file for each number, with the face of `seed`."""
    return commented(_plain(seed), number)


def reference(slug: str, seed: int) -> str:
    return f"{slug.upper()}-{seed:04d}"
