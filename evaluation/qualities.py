"""The measures of quality that are tried, each turned so that more is better."""

from collections.abc import Callable

from searches.engines.base import Face
from searches.engines.best_shot import rank
from searches.engines.measures import Measures

QUALITIES: dict[str, Callable[[Face, Measures], float]] = {
    "best_shot": lambda face, m: rank(m),
    "detector_score": lambda face, m: face.score,
    "eye_distance": lambda face, m: m.eye_distance,
    "head_size": lambda face, m: m.head_size,
    "sharpness": lambda face, m: m.sharpness,
    "under_exposed": lambda face, m: -m.under_exposed,
    "over_exposed": lambda face, m: -m.over_exposed,
    "dynamic_range": lambda face, m: m.dynamic_range,
    "evenness": lambda face, m: m.evenness,
    "colour_distance": lambda face, m: -m.colour_distance,
    "yaw": lambda face, m: -abs(m.yaw),
    "pitch": lambda face, m: -abs(m.pitch),
    "roll": lambda face, m: -abs(m.roll),
    "margin": lambda face, m: min(m.left_margin, m.right_margin, m.top_margin, m.bottom_margin),
    "eye_contrast": lambda face, m: m.eye_contrast,
    "mouth_colour": lambda face, m: -m.mouth_colour,
    "blockiness": lambda face, m: -m.blockiness,
}


def qualities_of(face: Face, measures: Measures) -> list[float]:
    """The values of QUALITIES, in their order."""
    return [measure(face, measures) for measure in QUALITIES.values()]
