"""How many people were searched for, as far as templates can say.

Nothing here says who anybody is. Two templates are of one person from the engine's published
threshold on, and of two people only when they are clearly below it; what lies between counts for
nothing, so that a bad picture of a suspect does not become another person.
"""

from collections.abc import Sequence

import numpy as np

from oversight.misuse.facts import Scale, SearchFact, World

# Squared distance of normalised templates is 2 (1 - cosine): a quarter more than at the threshold.
CLEARLY_BELOW = 1.25
# Half of it. Each search is compared with all of a year: at the threshold itself, which is made
# for one comparison, an agency with thousands of searches would find a false one every day.
SURELY = 0.5
# Networks trained with an angular margin (ArcFace) publish none. These are usual operating points
# of such networks, on the careful side, and no measurement of ours: docs/misuse.md.
UNPUBLISHED = Scale(same=0.40, surely=0.50, different=0.20)


def scale_of(published_threshold: float | None) -> Scale:
    """What an engine with this threshold calls one person, and two."""
    if published_threshold is None:
        return UNPUBLISHED
    gap = 1 - published_threshold
    return Scale(published_threshold, 1 - SURELY * gap, 1 - CLEARLY_BELOW * gap)


def first_of_each(searches: Sequence[SearchFact], world: World) -> list[SearchFact]:
    """The first search of each person who is clearly another one than all before.

    In the order of time, so that a later search never takes back what was found before.
    """
    people: list[list[SearchFact]] = []
    for one in searches:
        if one.id not in world.faces:
            continue
        home = next((known for known in people if _joins(one, known, world)), None)
        if home is not None:
            home.append(one)
        elif all(_is_another(one, known, world) for known in people):
            people.append([one])
    return [known[0] for known in people]


def alike(a: SearchFact, b: SearchFact, world: World) -> float | None:
    """The cosine of two searched faces; None when they cannot be compared."""
    one, other = world.faces.get(a.id), world.faces.get(b.id)
    if one is None or other is None or one.contract != other.contract:
        return None
    return float(np.dot(one.vector, other.vector))


def scale_for(search: SearchFact, world: World) -> Scale:
    return world.scales.get(world.faces[search.id].contract, UNPUBLISHED)


def _joins(one: SearchFact, known: Sequence[SearchFact], world: World) -> bool:
    least = scale_for(one, world).same
    found = (alike(one, other, world) for other in known)
    return any(cosine is not None and cosine >= least for cosine in found)


def _is_another(one: SearchFact, known: Sequence[SearchFact], world: World) -> bool:
    """Not comparable is not different."""
    most = scale_for(one, world).different
    found = [alike(one, other, world) for other in known]
    return all(cosine is not None and cosine <= most for cosine in found)
