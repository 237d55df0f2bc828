"""How many searches a gallery is measured with."""

MOST_SEARCHES, FEWEST_SEARCHES = 2000, 300
PARTS = 3
COMPARISONS = 2_000_000_000
"""About a minute on a core at 512 dimensions."""


def most_searches(subjects: int) -> int:
    """How many searches among so many people one measurement makes at most."""
    return max(FEWEST_SEARCHES, min(MOST_SEARCHES, COMPARISONS // max(1, subjects)))


def searches_for(subjects: int) -> int:
    """How many of a gallery's people are searched for among the others.

    Who is searched for is left out of those who are compared, or two who resemble each other would
    count twice. At most a third, so that the rate has not far to grow.
    """
    return min(most_searches(subjects), subjects // PARTS)
