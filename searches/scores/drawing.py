"""How many searches a gallery is measured with."""

MOST_SEARCHES = 2000
PARTS = 3


def searches_for(subjects: int) -> int:
    """How many of a gallery's people are searched for among the others.

    Who is searched for is left out of those who are compared, or two who resemble each other would
    count twice. At most a third, so that the rate has not far to grow.
    """
    return min(MOST_SEARCHES, subjects // PARTS)
