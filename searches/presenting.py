"""View models: what templates show, worked out beforehand."""

from dataclasses import dataclass

from searches.engines.base import Box, Face
from searches.face_advice import Advice, advice_for
from searches.models import Probe

LABEL_SHARE = 36
"""The longer side of a picture over the radius of a face's number: readable on a phone."""


@dataclass(frozen=True, slots=True)
class FaceRow:
    """A face in the picker: its rectangle in the upright picture, and advice in words.

    `number` counts from 1; its label is a disc beside the rectangle, inside the picture.
    """

    index: int
    number: int
    left: float
    top: float
    width: float
    height: float
    label_x: float
    label_y: float
    label_radius: float
    eye_distance: int
    advice: list[str]
    told: list[Advice]
    """The same, each with what to do about it."""


def face_rows(probe: Probe) -> list[FaceRow]:
    return [_face_row(probe, index, face) for index, face in enumerate(probe.found_faces())]


def _face_row(probe: Probe, index: int, face: Face) -> FaceRow:
    radius = max(probe.width or 0, probe.height or 0) / LABEL_SHARE
    told = advice_for(face)
    x, y = _label_place(face.box, radius, probe.width or 0, probe.height or 0)
    return FaceRow(
        index=index,
        number=index + 1,
        left=round(face.box.left, 1),
        top=round(face.box.top, 1),
        width=round(face.box.width, 1),
        height=round(face.box.height, 1),
        label_x=round(x, 1),
        label_y=round(y, 1),
        label_radius=round(radius, 1),
        eye_distance=round(face.quality.eye_distance),
        advice=[one.finding for one in told],
        told=told,
    )


def _label_place(box: Box, radius: float, width: int, height: int) -> tuple[float, float]:
    """The centre of a face's number: above its rectangle, else below it, inside the picture."""
    x = min(max(box.left + radius, radius), width - radius)
    above, below = box.top - 1.2 * radius, box.bottom + 1.2 * radius
    if above >= radius:
        return x, above
    return x, min(below, height - radius)
