"""Pictures whose label may be wrong. Every one is a question to a person, not a finding.

Two lists. "Resembles another": a picture that is more like a picture of another subject than like
any of its own. A weak engine has many of these; what is mislabelled stands at the top, because it
is unlike its own subject and as like the other as pictures of one person are. "Nearly the same
picture": two pictures of different subjects whose files are equal, or which are, pixel by pixel,
after scaling both to small grey squares. Of those that are not the same file, only the most
similar comparisons are looked at.
"""

from typing import Any

import numpy as np

from evaluation.bootstrap import Floats
from evaluation.embedding import Templates
from evaluation.folder import Indices, Labelled
from evaluation.metrics_verification import Strangers
from evaluation.scoring import STEPS, Found

ALIKE = 0.96
"""Correlation from which two pictures are one. Copies that were scaled or saved again stay above
0.99 as whole pictures; faces of pictures that were cut are between 0.84 and 0.99, because landmarks
move; faces on two drawings of one person stay below 0.94, of two people below 0.8."""
LOOKED_AT = 20_000
"""The most similar comparisons between subjects whose pixels are looked at."""
LISTED = 1000


def resembling(labelled: Labelled, templates: Templates, found: Found) -> list[dict[str, Any]]:
    """Pictures more like another subject than like their own, the clearest first."""
    outcomes = found.outcomes
    wrong = np.flatnonzero(outcomes.mated & (outcomes.other > outcomes.mate))
    apart = (outcomes.other - outcomes.mate)[wrong]
    rows = []
    for place in wrong[np.argsort(-apart, kind="stable")][:LISTED]:
        other = templates.picture[found.other_picture[place]]
        rows.append(
            {
                **_named(labelled, "", int(templates.picture[place])),
                **_named(labelled, "other_", int(other)),
                "own_similarity": int(outcomes.mate[place]) / STEPS,
                "other_similarity": int(outcomes.other[place]) / STEPS,
            }
        )
    return rows


def nearly_same(
    labelled: Labelled, templates: Templates, strangers: Strangers
) -> list[dict[str, Any]]:
    """Pairs of pictures under two subjects that are one picture."""
    pairs = dict.fromkeys(_equal_files(labelled, templates), 1.0)
    first, second = strangers.first[:LOOKED_AT], strangers.second[:LOOKED_AT]
    alike = _correlations(templates, first, second)
    for place in np.flatnonzero(alike >= ALIKE):
        pair = templates.picture[first[place]], templates.picture[second[place]]
        pairs.setdefault((int(min(pair)), int(max(pair))), round(float(alike[place]), 4))
    return [
        {
            **_named(labelled, "", one),
            **_named(labelled, "other_", other),
            "same_file": _hash(templates, one) == _hash(templates, other),
            "correlation": alike_by,
        }
        for (one, other), alike_by in sorted(pairs.items(), key=lambda item: (-item[1], item[0]))
    ][:LISTED]


def _hash(templates: Templates, picture: int) -> str:
    """The hash of a picture's file; one of its own for a file that could not be read."""
    return templates.hashes[picture] or f"unread {picture}"


def _equal_files(labelled: Labelled, templates: Templates) -> list[tuple[int, int]]:
    """The first picture of each file, with the equal ones of other subjects."""
    first: dict[str, int] = {}
    pairs = []
    for picture in range(len(labelled.names)):
        one = first.setdefault(_hash(templates, picture), picture)
        if labelled.subject_of[one] != labelled.subject_of[picture]:
            pairs.append((one, picture))
    return pairs


def _correlations(templates: Templates, first: Indices, second: Indices) -> Floats:
    """The correlation of the pixels of two pictures or of their faces, the higher one, [pairs];
    0 for pixels without contrast.
    """
    pixels = templates.thumbnails.reshape(len(templates.picture), 2, -1).astype(np.float32)
    pixels -= pixels.mean(axis=2, keepdims=True)
    pixels /= np.maximum(np.linalg.norm(pixels, axis=2, keepdims=True), 1.0)
    alike = [np.einsum("ij,ij->i", pixels[first, n], pixels[second, n]) for n in range(2)]
    return np.asarray(np.maximum(*alike), dtype=np.float64)


def _named(labelled: Labelled, prefix: str, picture: int) -> dict[str, Any]:
    subject = labelled.subjects[labelled.subject_of[picture]]
    return {f"{prefix}picture": labelled.names[picture], f"{prefix}subject": subject}
