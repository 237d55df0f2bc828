"""Pictures of exercises: drawn from seeds whenever they are shown, stored nowhere.

A pair is a picture as a camera on the spot takes it beside one as a register holds it. Where they
show two people, the second wears the hair, the beard, the skin and the colour of the eyes of the
first: what is left to compare is the shape of head, eyes, brows, nose and mouth, which is what an
examiner has to look at. Nobody in an exercise has moles: one mole would settle every pair.
"""

from collections.abc import Iterable
from dataclasses import replace
from math import sqrt

from searches.engines.base import RGBImage
from searches.engines.synthetic import Identity, Scene, draw
from searches.engines.synthetic.dice import Dice
from searches.images import encode_jpeg

SIDE = 480
"""Pixels of each side of a picture."""
QUALITIES = (85, 70, 55)
PADDED = 96 * 1024
"""Bytes of every picture as it is sent: a length says nothing of what is shown."""
GLASSES = ("none", "none", "none", "round", "square", "rimless")

# What is left to compare, with the range that searches/engines/synthetic/identity.py draws it from.
SHAPE: dict[str, dict[str, float]] = {
    "head": {"cheek": 0.18, "jaw": 0.22, "chin_width": 0.18, "chin": 0.20},
    "eyes": {"spacing": 0.10, "width": 0.05, "opening": 0.038, "tilt": 0.34, "fold": 1.0},
    "brows": {"height": 0.10, "length": 0.065, "thickness": 0.048, "slope": 0.31, "arch": 0.075},
    "nose": {"base": 0.14, "width": 0.10, "bridge": 0.05, "projection": 0.18},
    "mouth": {"y": 0.09, "width": 0.13, "upper": 0.046, "lower": 0.06, "bow": 0.5},
}


def person(seed: int) -> Identity:
    """The person of a seed as exercises show them."""
    identity = Identity.from_seed(seed)
    return replace(identity, skin=replace(identity.skin, moles=()))


def disguised(identity: Identity, model: Identity) -> Identity:
    """`identity` with everything of `model` that hairdressers and make-up could give them."""
    skin = replace(model.skin, lines=identity.skin.lines)
    eyes = replace(identity.eyes, colour=model.eyes.colour)
    # The seed too: it places single hairs, which would otherwise tell a pair at a glance.
    return replace(
        identity, seed=model.seed, skin=skin, eyes=eyes, hair=model.hair, beard=model.beard
    )


def distance(one: Identity, other: Identity) -> float:
    """How different two people are in shape: 0 for the same, about 0.4 for two of many."""
    parts = [
        ((getattr(getattr(one, part), name) - getattr(getattr(other, part), name)) / spread) ** 2
        for part, names in SHAPE.items()
        for name, spread in names.items()
    ]
    return sqrt(sum(parts) / len(parts))


def most_similar(seed: int, others: Iterable[int]) -> int:
    """The seed of the person among `others` who is most like the one of `seed`.

    By the measures the drawing is made from: they are exact and cost no engine in the web process.
    """
    model = Identity.from_seed(seed)
    return min(others, key=lambda other: distance(Identity.from_seed(other), model))


def on_the_spot(seed: int) -> Scene:
    """How a camera on the spot takes somebody: turned, unevenly lit, years later, with glasses."""
    dice = Dice(seed, stream=21)
    return replace(
        Scene.from_seed(seed, size=SIDE),
        face=0.62,
        shift_x=0.0,
        shift_y=0.03,
        yaw=dice.about(0, 20),
        pitch=dice.about(0, 10),
        contrast=dice.between(0.3, 0.9),
        glasses=GLASSES[dice.index(len(GLASSES))],
        ageing=dice.between(0, 10),
        blur=dice.between(0.3, 1.2),
        noise=dice.between(2, 6),
    )


def in_a_register(seed: int) -> Scene:
    return replace(Scene.id_photo(seed, size=SIDE), face=0.62)


def left_picture(person_seed: int, scene_seed: int) -> RGBImage:
    """The first picture of a pair, [SIDE, SIDE, 3]."""
    return draw(person(person_seed), on_the_spot(scene_seed))


def right_picture(person_seed: int, scene_seed: int, *, model_seed: int) -> RGBImage:
    """The second one; somebody else than the model of the first picture is disguised as them."""
    shown = person(person_seed)
    if person_seed != model_seed:
        shown = disguised(shown, person(model_seed))
    return draw(shown, in_a_register(scene_seed))


def padded_jpeg(rgb: RGBImage) -> bytes:
    """The picture as a JPEG of exactly PADDED bytes. Raises ValueError when it is larger."""
    for quality in QUALITIES:  # the first one is enough but for the noisiest pictures
        data = encode_jpeg(rgb, quality=quality)
        if len(data) <= PADDED:
            return data.ljust(PADDED, b"\0")
    raise ValueError(f"A picture of more than {PADDED} bytes")
