"""Pictures of synthetic people as a camera at a scene takes them, and as people pose for them."""

from searches.engines.synthetic import Identity, Scene, draw
from searches.images import encode_jpeg

# Drawn people resemble each other more than photographed ones do: these ten are, for the engine,
# clearly different from one another as posed here, the first also as the camera shows it.
SUSPECT = 25
OTHERS = (122, 58, 6, 53, 124, 101, 34, 42, 18)


def from_camera(seed: int, picture: int = 0) -> bytes:
    """A small face in a wide picture."""
    scene = Scene.distant(seed * 100 + picture, size=480)
    return encode_jpeg(draw(Identity.from_seed(seed), scene), quality=90)


def posed(seed: int) -> bytes:
    """A frontal face that fills the picture."""
    scene = Scene.id_photo(seed * 7, size=400)
    return encode_jpeg(draw(Identity.from_seed(seed), scene), quality=92)
