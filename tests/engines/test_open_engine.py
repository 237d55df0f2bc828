"""The open engine as Candor uses it, and end to end against dlib."""

import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from searches.engines.base import (
    EngineError,
    Face,
    FaceEngine,
    LandmarkScheme,
    LicenceState,
    RGBImage,
)
from searches.engines.open.engine import OpenEngine
from searches.engines.synthetic import Identity, Scene, draw_group

from . import dlib_reference as reference


@pytest.fixture(scope="module")
def group() -> RGBImage:
    return draw_group([Identity.from_seed(s) for s in range(4)], Scene.from_seed(2, size=640))


@pytest.fixture(scope="module")
def crowd(open_engine: OpenEngine, group: RGBImage) -> list[Face]:
    return open_engine.detect(group)


def test_decisions_equal_dlibs_end_to_end(
    open_engine: OpenEngine, portraits: Sequence[tuple[int, RGBImage]]
) -> None:
    """Detection, landmarks, chip and recogniser: dlib alone against the engine alone."""
    portraits = portraits[:8]
    people = [person for person, _ in portraits]
    ours = np.concatenate(
        [open_engine.embed(image, open_engine.detect(image)) for _, image in portraits]
    )
    chips = [reference.chip(image, reference.boxes(image)[0]) for _, image in portraits]
    dlibs = np.stack([reference.embedding(chip) for chip in chips])
    dlibs /= np.linalg.norm(dlibs, axis=1, keepdims=True)
    assert len(ours) == len(dlibs) == len(people)
    similar = [rows @ rows.T - 2 * np.eye(len(rows)) for rows in (ours, dlibs)]
    for similarity in similar:
        assert [people[mate] for mate in similarity.argmax(axis=1)] == people
    # dlib's rule, distance < 0.6, is a cosine of about 0.90 here; both decide alike but for
    # pairs at the line itself.
    line = [(similarity > 0.90)[abs(similar[1] - 0.90) > 0.01] for similarity in similar]
    np.testing.assert_array_equal(line[0], line[1])
    assert np.sum(ours * dlibs, axis=1).min() > 0.97


def test_faces_come_largest_first(crowd: list[Face]) -> None:
    areas = [face.box.area for face in crowd]
    assert len(crowd) == 4
    assert areas == sorted(areas, reverse=True)
    for face in crowd:
        assert 0 < face.score < 1
        assert len(face.landmarks) == 5
        assert face.box.left < face.landmarks[4][0] < face.box.right
        assert face.quality.eye_distance > 10
        assert Face.from_json(face.as_json()) == face


def test_landmarks_are_in_dlibs_order(crowd: list[Face]) -> None:
    for face in crowd:
        xs = [x for x, _ in face.landmarks]
        assert xs[0] > xs[1] > xs[4] > xs[3] > xs[2]


def test_embeddings_are_unit_rows_in_the_order_given(
    open_engine: OpenEngine, group: RGBImage, crowd: list[Face]
) -> None:
    rows = open_engine.embed(group, crowd)
    assert rows.dtype == np.float32
    assert rows.shape == (4, open_engine.contract.dimension)
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-6)
    np.testing.assert_array_equal(open_engine.embed(group, crowd[::-1]), rows[::-1])
    assert open_engine.embed(group, []).shape == (0, 128)


def test_an_embedding_does_not_depend_on_its_company(
    open_engine: OpenEngine, group: RGBImage, crowd: list[Face]
) -> None:
    alone = np.concatenate([open_engine.embed(group, [face]) for face in crowd])
    np.testing.assert_array_equal(open_engine.embed(group, crowd), alone)
    many = open_engine.embed(group, crowd * 9)  # more than one batch
    np.testing.assert_array_equal(many, np.tile(alone, (9, 1)))


def test_only_the_given_face_is_read(
    open_engine: OpenEngine, group: RGBImage, crowd: list[Face]
) -> None:
    face = crowd[0]
    blackened = group.copy()
    left, right = (int(face.box.left - face.box.width), int(face.box.right + face.box.width))
    blackened[:, : max(0, left)] = 0
    blackened[:, right:] = 0
    assert (blackened != group).any()
    np.testing.assert_array_equal(
        open_engine.embed(blackened, [face]), open_engine.embed(group, [face])
    )


def test_threads_share_one_engine(
    open_engine: OpenEngine, portraits: Sequence[tuple[int, RGBImage]]
) -> None:
    images = [image for _, image in portraits[:6]]

    def work(image: RGBImage) -> tuple[list[Face], bytes]:
        faces = open_engine.detect(image)
        return faces, open_engine.embed(image, faces).tobytes()

    expected = [work(image) for image in images]
    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(work, images * 3)) == expected * 3


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((20, 20), np.uint8),
        np.zeros((20, 20, 4), np.uint8),
        np.zeros((20, 20, 3), np.float32),
        np.zeros((20, 20, 3), np.uint16),
        np.zeros((0, 20, 3), np.uint8),
        [[1, 2, 3]],
        None,
    ],
    ids=["grey", "rgba", "float", "uint16", "empty", "list", "none"],
)
def test_other_arrays_are_refused(open_engine: OpenEngine, image: RGBImage) -> None:
    for call in (open_engine.detect, lambda pixels: open_engine.embed(pixels, [])):
        with pytest.raises(EngineError) as refused:
            call(image)
        assert refused.value.code == "bad_pixels"


def test_a_view_of_a_picture_is_as_good_as_a_copy(
    open_engine: OpenEngine, group: RGBImage, crowd: list[Face]
) -> None:
    view = group[::-1, ::-1][::-1, ::-1]
    assert open_engine.detect(view) == crowd
    np.testing.assert_array_equal(open_engine.embed(view, crowd), open_engine.embed(group, crowd))


def test_one_unusable_face_gives_no_rows_at_all(
    open_engine: OpenEngine, group: RGBImage, crowd: list[Face]
) -> None:
    collapsed = replace(crowd[1], landmarks=((50.0, 50.0),) * 5)
    with pytest.raises(EngineError) as refused:
        open_engine.embed(group, [crowd[0], collapsed])
    assert refused.value.code == "face_unusable"


def test_an_embedding_that_is_not_finite_is_refused(
    open_engine: OpenEngine, group: RGBImage, crowd: list[Face], monkeypatch: pytest.MonkeyPatch
) -> None:
    for value in (np.nan, np.inf, 0.0):
        rows = np.full((1, 128), value, np.float32)
        monkeypatch.setattr(open_engine._recogniser, "get_feat", lambda chips, rows=rows: rows)
        with pytest.raises(EngineError) as refused:
            open_engine.embed(group, crowd[:1])
        assert refused.value.code == "face_unusable"


def test_what_it_says_about_itself(open_engine: OpenEngine) -> None:
    engine: FaceEngine = open_engine
    assert engine.licence.state is LicenceState.OPEN
    assert engine.licence.title == "CC0 1.0 (dlib model weights)"
    assert "VGG" in engine.licence.message
    assert "FaceScrub" in engine.licence.message
    assert engine.licence.permits_agency_use
    assert engine.landmark_scheme is LandmarkScheme.EYE_CORNERS_NOSE
    assert engine.scale == "cosine, dlib ResNet 128-d"
    assert engine.providers == ("CPUExecutionProvider",)
    assert engine.contract.engine == "open"
    assert engine.contract.dimension == 128


def test_sessions_use_the_configured_threads(open_engine: OpenEngine) -> None:
    for session in (open_engine._detector, open_engine._recogniser.session):
        options = session.get_session_options()
        assert options.intra_op_num_threads == 1
        assert options.inter_op_num_threads == 1
        assert options.get_session_config_entry("session.intra_op.allow_spinning") == "0"


def test_telemetry_is_off_and_dlib_is_not_loaded() -> None:
    code = (
        "import searches.engines.open.engine, os, sys;"
        "assert os.environ['ORT_DISABLE_TELEMETRY'] == '1';"
        "assert 'dlib' not in sys.modules and 'django' not in sys.modules"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True, timeout=60)
