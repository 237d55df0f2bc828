"""What is said about the quality of an enrolled picture: limits, and words for what is outside.

Advice to whoever chooses pictures. No picture is refused by it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from searches.engines.measures import Measures
from searches.models import FaceImage, Gallery


@dataclass(frozen=True, slots=True)
class Limit:
    """What a measure should at least and at most be; None: no limit on that side."""

    least: float | None = None
    most: float | None = None

    def holds(self, value: float) -> bool:
        low = self.least is None or value >= self.least
        return low and (self.most is None or value <= self.most)

    def as_json(self) -> list[float | None]:
        return [self.least, self.most]

    def __str__(self) -> str:
        return (
            f"{'' if self.least is None else self.least}..{'' if self.most is None else self.most}"
        )


@dataclass(frozen=True, slots=True)
class Measure:
    """How a measure is called, shown and limited, and what to do about it."""

    name: str
    label: str | Promise
    advice: str | Promise
    limit: Limit
    unit: str = ""
    decimals: int = 2
    is_angle: bool = field(default=False)
    """Limited by its size, whichever way it turns."""


# Sides of the limits: 90 px between the eyes after ISO/IEC 39794-5; margins so that the head is in
# the picture (OFIQ asks for more, the margins of a document portrait); the others where OFIQ's
# scores fall below about 50 of 100. Hints are where drawn faces with covered parts begin.
MEASURES: tuple[Measure, ...] = (
    Measure(
        "eye_distance",
        _("Between the eyes"),
        _("The face is small. Use a larger picture of it."),
        Limit(90.0),
        "px",
        0,
    ),
    Measure(
        "head_size",
        _("Head in the picture"),
        _("The head fills too much or too little of the picture."),
        Limit(0.15, 0.75),
    ),
    Measure("sharpness", _("Sharpness, 0 to 1"), _("The face is blurred."), Limit(0.3)),
    Measure(
        "under_exposed", _("Too dark, part"), _("Parts of the face are too dark."), Limit(None, 0.1)
    ),
    Measure(
        "over_exposed",
        _("Too bright, part"),
        _("Parts of the face are too bright."),
        Limit(None, 0.1),
    ),
    Measure(
        "dynamic_range", _("Contrast, bits"), _("The face has little contrast."), Limit(4.5), "", 1
    ),
    Measure(
        "evenness",
        _("Even light, 0 to 1"),
        _("One side of the face is darker than the other."),
        Limit(0.1),
    ),
    Measure(
        "colour_distance",
        _("Colour cast"),
        _("The colours are not those of skin: a colour cast, or a picture without colours."),
        Limit(None, 10.0),
        "",
        0,
    ),
    Measure(
        "yaw",
        _("Turned to the side"),
        _("The head is turned to the side."),
        Limit(None, 25.0),
        "°",
        0,
        True,
    ),
    Measure(
        "pitch",
        _("Looking up or down"),
        _("The head looks up or down."),
        Limit(None, 25.0),
        "°",
        0,
        True,
    ),
    Measure("roll", _("Tilted"), _("The head is tilted."), Limit(None, 20.0), "°", 0, True),
    Measure(
        "left_margin",
        _("Margin on the left, eye distances"),
        _("The head is cut off on the left."),
        Limit(0.6),
        "",
        1,
    ),
    Measure(
        "right_margin",
        _("Margin on the right, eye distances"),
        _("The head is cut off on the right."),
        Limit(0.6),
        "",
        1,
    ),
    Measure(
        "top_margin",
        _("Margin above, face heights"),
        _("The head is cut off above."),
        Limit(0.7),
        "",
        1,
    ),
    Measure(
        "bottom_margin",
        _("Margin below, face heights"),
        _("The chin is cut off."),
        Limit(1.05),
        "",
        1,
    ),
    Measure(
        "eye_contrast",
        _("Contrast at the eyes, a hint"),
        _("An eye may be covered: dark glasses, hair or a shadow."),
        Limit(0.15),
    ),
    Measure(
        "mouth_colour",
        _("Colour at the mouth, a hint"),
        _("The mouth may be covered; a beard looks like that, too."),
        Limit(None, 35.0),
        "",
        0,
    ),
    Measure(
        "blockiness",
        _("Traces of compression"),
        _("The picture was compressed strongly."),
        Limit(None, 1.0),
    ),
)
BY_NAME = {measure.name: measure for measure in MEASURES}


@dataclass(frozen=True, slots=True)
class Reading:
    """A measure of a picture beside its limit."""

    measure: Measure
    value: float
    limit: Limit

    @property
    def is_within(self) -> bool:
        return self.limit.holds(abs(self.value) if self.measure.is_angle else self.value)


def limits_of(gallery: Gallery) -> dict[str, Limit]:
    """The limits of a gallery: the usual ones, and its own where it has them."""
    own = {name: Limit(*pair) for name, pair in gallery.quality_limits.items() if name in BY_NAME}
    return {measure.name: own.get(measure.name, measure.limit) for measure in MEASURES}


def own_limits(limits: Mapping[str, Limit]) -> dict[str, list[float | None]]:
    """What a gallery keeps of limits: those that are not the usual ones."""
    return {
        measure.name: limits[measure.name].as_json()
        for measure in MEASURES
        if measure.name in limits and limits[measure.name] != measure.limit
    }


def readings(stored: Mapping[str, Any], limits: Mapping[str, Limit]) -> list[Reading]:
    """The measures of a picture as stored; none of one from before there were measures."""
    measures = Measures.from_json(dict(stored))
    if measures is None:
        return []
    return [
        Reading(measure, getattr(measures, measure.name), limits[measure.name])
        for measure in MEASURES
    ]


def advice_on_image(image: FaceImage, limits: Mapping[str, Limit]) -> list[str | Promise]:
    """What to do about a picture; empty when every measure is within its limits."""
    return [
        reading.measure.advice
        for reading in readings(image.measures, limits)
        if not reading.is_within
    ]
