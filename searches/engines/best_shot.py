"""Which of a person's pictures represents them: one number, from the measures alone."""

import math

from .measures import Measures

ENOUGH_EYES = 90.0  # pixels; ISO/IEC 39794-5 asks as many of an identity document


def rank(measures: Measures) -> float:
    """0..100, higher represents better. A product, so that one bad part is not made up for.

    100 * size * pose * sharpness * exposure * evenness * range * frame, where size is the eye
    distance over 90 px, at most 1; pose is cos(yaw)^2 * cos(pitch)^2 (as OFIQ scores angles);
    exposure is what is neither too dark nor too light; evenness is to the power 0.3 (as OFIQ
    scores it), at least 0.01; range is the dynamic range over 8 bits; frame is 1, or 0.7 when a
    side of the head is outside the picture. Hints of occlusion are not in it: they may be wrong.
    """
    pose = math.cos(math.radians(measures.yaw)) ** 2 * math.cos(math.radians(measures.pitch)) ** 2
    exposure = max(0.0, 1.0 - measures.under_exposed - measures.over_exposed)
    cut = min(measures.left_margin, measures.right_margin) < 0.3 or measures.bottom_margin < 0.9
    parts = (
        min(1.0, measures.eye_distance / ENOUGH_EYES),
        pose,
        measures.sharpness,
        exposure,
        max(measures.evenness, 0.01) ** 0.3,
        measures.dynamic_range / 8.0,
        0.7 if cut else 1.0,
    )
    return 100.0 * math.prod(parts)
