"""What makes a face harder to recognise, in words: what was found, and what to do about it.

Advice and never a verdict: every face can be searched for. The findings are facts of the picture,
the same for everybody who sees it; what to do is said to whoever can still choose a picture.
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from searches.engines.base import Face, Quality

# The engines look at a face drawn 112 px wide, which has 35 px between the eyes: a smaller one has
# to be enlarged, and one that is hardly larger has nothing to spare for blur and compression.
SMALL_EYE_DISTANCE = 40.0
"""Pixels between the eyes below which recognition is noticeably less reliable."""
FAR_YAW, FAR_PITCH, FAR_ROLL = 30.0, 25.0, 35.0
"""Degrees from an upright face that looks into the camera."""
BLURRED = 0.15
"""Sharpness below which a face is soft (engines/quality.py: 0 to 1, 0.5 is a crisp one)."""
DARK, BRIGHT = 0.15, 0.9
"""Mean luma, 0 to 1, outside of which little is drawn on a face."""


@dataclass(frozen=True, slots=True)
class Advice:
    finding: str
    remedy: str


Rule = Callable[[Quality], Advice | None]


def advice_for(face: Face) -> list[Advice]:
    """What stands out about a face, with what to do; empty when nothing does."""
    found = (rule(face.quality) for rule in RULES)
    return [advice for advice in found if advice is not None]


def advice_on(face: Face) -> list[str]:
    """The findings alone, for who compares and cannot choose the picture any more."""
    return [advice.finding for advice in advice_for(face)]


def _size(quality: Quality) -> Advice | None:
    if quality.eye_distance >= SMALL_EYE_DISTANCE:
        return None
    text = _("The face is %(pixels)d px between the eyes; results will be less reliable.")
    return Advice(
        text % {"pixels": round(quality.eye_distance)},
        _("Look for a closer or larger picture. Enlarging this one adds nothing."),
    )


def _sharpness(quality: Quality) -> Advice | None:
    if quality.sharpness >= BLURRED:
        return None
    return Advice(
        _("The face is blurred."),
        _("Look for a sharper picture, such as another frame of the same recording."),
    )


def _light(quality: Quality) -> Advice | None:
    if quality.brightness < DARK:
        return Advice(_("The face is very dark."), _brighten())
    if quality.brightness > BRIGHT:
        return Advice(_("The face is very bright."), _brighten())
    return None


def _brighten() -> str:
    return _("Try brightness and contrast below, or look for a picture in better light.")


def _pose(quality: Quality) -> Advice | None:
    front = _("Look for a picture in which the face is seen from the front.")
    if abs(quality.yaw) > FAR_YAW:
        return Advice(_("The face is turned to the side."), front)
    if abs(quality.pitch) > FAR_PITCH:
        return Advice(_("The face looks up or down."), front)
    return None


def _tilt(quality: Quality) -> Advice | None:
    if abs(quality.roll) <= FAR_ROLL:
        return None
    return Advice(
        _("The head is tilted far to one side."), _("Turn the picture until the face is upright.")
    )


RULES: tuple[Rule, ...] = (_size, _sharpness, _light, _pose, _tilt)
