"""A model package that holds no trained weights, and the faces that its graphs understand.

A face is a square of grey blocks (the identity: a seed) with five coloured dots for the landmarks:
red and green eyes, a blue nose, yellow and magenta mouth corners. The detector has the form of
SCRFD and is written by hand: it finds each colour's centre of mass around every cell. The
recogniser has the form of ArcFace: it averages the aligned face's blocks and mixes them with
fixed random weights. So loading, letterboxing, decoding, merging, alignment and embedding run for
real on graphs of a few kilobytes.

Like a trained detector it finds a face only upright, only with something around it, and only
while the eyes are 1.3 to 2.9 strides apart (at strides 8, 16 and 32: 11 to 93 px in the look).
"""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from onnx import TensorProto, helper, numpy_helper
from onnx.onnx_ml_pb2 import GraphProto, ModelProto, NodeProto

from searches.engines.base import RGBImage

LANDMARKS = np.array(
    [
        [38.2946, 51.6963],
        [73.5318, 51.5014],
        [56.0252, 71.7366],
        [41.5493, 92.3655],
        [70.7299, 92.2041],
    ]
)
COLOURS = [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0), (255, 0, 255)]
EYES = 35.24  # between the eyes in a face drawn 112 px wide
DOT = 6.0  # a dot's radius in the same face
BLOCKS = 7
STRIDES = (8, 16, 32)
NEAREST, FARTHEST = 1.3, 2.9  # distance of the eyes in strides


def draw_face(seed: int, noise: float = 0.0, take: int = 0) -> RGBImage:
    """One face, 448 px square: identity `seed`, picture `take` with its own grey noise."""
    blocks = np.random.default_rng(seed).uniform(30, 225, (BLOCKS, BLOCKS))
    side = 448
    grey = np.kron(blocks, np.ones((side // BLOCKS, side // BLOCKS)))
    grey += np.random.default_rng([seed, take]).normal(0, 1, grey.shape) * noise
    face = np.repeat(grey.clip(0, 255)[..., None], 3, axis=2).astype(np.uint8)
    for (x, y), colour in zip(LANDMARKS * (side / 112), COLOURS, strict=True):
        cv2.circle(face, (round(x), round(y)), round(DOT * side / 112), colour, -1, cv2.LINE_AA)
    return face


@dataclass(frozen=True)
class Placed:
    """Where a face goes: its square's centre and side in pixels, its clockwise tilt."""

    seed: int
    x: float
    y: float
    side: float
    tilt: float = 0.0
    noise: float = 0.0
    take: int = 0

    @property
    def matrix(self) -> np.ndarray[Any, np.dtype[np.float64]]:
        angle, scale = np.radians(self.tilt), self.side / 448
        cos, sin = np.cos(angle) * scale, np.sin(angle) * scale
        return np.array(
            [
                [cos, -sin, self.x - 224 * (cos - sin)],
                [sin, cos, self.y - 224 * (sin + cos)],
            ]
        )

    @property
    def landmarks(self) -> np.ndarray[Any, np.dtype[np.float64]]:
        points = LANDMARKS * 4
        return points @ self.matrix[:, :2].T + self.matrix[:, 2]


def picture(width: int, height: int, faces: Sequence[Placed], background: int = 128) -> RGBImage:
    """A plain grey picture with faces in it."""
    canvas = np.full((height, width, 3), background, dtype=np.uint8)
    for placed in faces:
        face = draw_face(placed.seed, placed.noise, placed.take)
        matrix = placed.matrix
        # Warping does not average, so a face that shrinks is softened first.
        shrink = 448 / placed.side
        if shrink > 1:
            face = np.asarray(cv2.GaussianBlur(face, (0, 0), shrink / 2.5), dtype=np.uint8)
        warped = cv2.warpAffine(face, matrix, (width, height))
        inside = cv2.warpAffine(np.full((448, 448), 255, np.uint8), matrix, (width, height))
        canvas[inside > 127] = warped[inside > 127]
    return canvas


class GraphWriter:
    """Collects nodes and constants of a graph; every call returns the new value's name."""

    def __init__(self) -> None:
        self.nodes: list[NodeProto] = []
        self.constants: list[TensorProto] = []

    def constant(self, value: float | list[int], dtype: type[np.generic] = np.float32) -> str:
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.array(value, dtype=dtype), name))
        return name

    def add(self, kind: str, *inputs: str | float, **attributes: Any) -> str:
        names = [i if isinstance(i, str) else self.constant(i) for i in inputs]
        name = str(attributes.pop("output", f"v{len(self.nodes)}"))
        self.nodes.append(helper.make_node(kind, names, [name], **attributes))
        return name

    def chain(self, kind: str, *inputs: str) -> str:
        result = inputs[0]
        for value in inputs[1:]:
            result = self.add(kind, result, value)
        return result

    def channel(self, value: str, index: int, width: int = 1) -> str:
        bounds = [self.constant([n], np.int64) for n in (index, index + width, 1)]
        return self.add("Slice", value, bounds[0], bounds[1], bounds[2])


def _masks(g: GraphWriter, image: str) -> list[str]:
    """One plane per landmark colour, 1 on its dot and 0 on anything grey."""
    pixels = g.add("Div", g.add("Add", image, 1.0), 2.0)  # (x - 127.5) / 128 back to about 0..1
    red, green, blue = (g.channel(pixels, n) for n in range(3))

    def only(high: list[str], low: list[str]) -> str:
        above = g.add("Sub", g.chain("Min", *high), g.chain("Max", *low))
        return g.add("Min", g.add("Relu", g.add("Mul", g.add("Sub", above, 0.15), 2.0)), 1.0)

    return [
        only([red], [green, blue]),
        only([green], [red, blue]),
        only([blue], [red, green]),
        only([red, green], [blue]),
        only([red, blue], [green]),
    ]


def _coordinates(g: GraphWriter, plane: str) -> tuple[str, str]:
    ones = g.add("Add", g.add("Mul", plane, 0.0), 1.0)
    axes = [g.constant(axis, np.int64) for axis in (3, 2)]
    across, down = (g.add("Sub", g.add("CumSum", ones, axis), 1.0) for axis in axes)
    return across, down


def _pooled(g: GraphWriter, plane: str, stride: int) -> str:
    """Sums over the five by five cells around each cell."""
    cells = g.add("AveragePool", plane, kernel_shape=[stride] * 2, strides=[stride] * 2)
    near = g.add("AveragePool", cells, kernel_shape=[5, 5], pads=[2, 2, 2, 2], count_include_pad=1)
    return g.add("Mul", near, float(25 * stride * stride))


def _gate(g: GraphWriter, value: str, limit: float) -> str:
    return g.add("Cast", g.add("Greater", value, g.constant(limit)), to=TensorProto.FLOAT)


def _level(
    g: GraphWriter, masks: list[str], grid: tuple[str, str], stride: int
) -> tuple[str, str, str]:
    """Scores [1,1,h,w], box distances [1,4,h,w] and landmark offsets [1,10,h,w], in strides."""
    masses = [_pooled(g, mask, stride) for mask in masks]
    xs, ys = (
        [
            g.add("Div", _pooled(g, g.add("Mul", mask, axis), stride), g.add("Add", mass, 1e-3))
            for mask, mass in zip(masks, masses, strict=True)
        ]
        for axis in grid
    )
    corner_x, corner_y = (
        g.add("AveragePool", axis, kernel_shape=[1, 1], strides=[stride] * 2) for axis in grid
    )
    # A pool of one pixel starts at each cell's corner; floor division leaves the last cells out.
    across, up = g.add("Sub", xs[1], xs[0]), g.add("Sub", ys[1], ys[0])
    eyes = g.add("Sqrt", g.add("Add", g.add("Mul", across, across), g.add("Mul", up, up)))
    in_strides = g.add("Div", eyes, float(stride))
    area = g.add("Mul", g.add("Mul", eyes, eyes), np.pi * (DOT / EYES) ** 2)
    present = g.add("Div", g.chain("Min", *masses), g.add("Add", area, 1e-3))
    eye_y = g.add("Mul", g.add("Add", ys[0], ys[1]), 0.5)
    mouth_y = g.add("Mul", g.add("Add", ys[3], ys[4]), 0.5)
    height = g.add("Div", g.add("Sub", mouth_y, eye_y), g.add("Add", eyes, 1e-3))
    ones = g.add("Add", g.add("Mul", masks[0], 0.0), 1.0)
    around = g.add("Div", _pooled(g, ones, stride), float(25 * stride * stride))
    gates = [
        _gate(g, in_strides, NEAREST),
        _gate(g, g.add("Neg", in_strides), -FARTHEST),
        _gate(g, g.add("Div", across, g.add("Add", eyes, 1e-3)), 0.6),
        _gate(g, height, 0.6),
        _gate(g, around, 0.9),
    ]
    raw = g.add("Sigmoid", g.add("Mul", g.add("Sub", present, 0.45), 12.0))
    score = g.chain("Mul", raw, *gates)
    middle_x = g.chain("Add", *(g.add("Mul", x, 0.2) for x in xs))
    middle_y = g.chain("Add", *(g.add("Mul", y, 0.2) for y in ys))
    half = g.add("Mul", eyes, 1.1)
    sides = [
        g.add("Add", g.add("Sub", corner_x, middle_x), half),
        g.add("Add", g.add("Sub", corner_y, middle_y), half),
        g.add("Add", g.add("Sub", middle_x, corner_x), half),
        g.add("Add", g.add("Sub", middle_y, corner_y), half),
    ]
    offsets = []
    for x, y in zip(xs, ys, strict=True):
        offsets += [g.add("Sub", x, corner_x), g.add("Sub", y, corner_y)]
    box, points = (
        g.add("Div", g.add("Concat", *planes, axis=1), float(stride)) for planes in (sides, offsets)
    )
    return score, box, points


def _two_anchors(g: GraphWriter, plane: str, channels: int, weaker: float, output: str) -> None:
    """[1,C,h,w] to [h*w*2,C], each cell twice; the second anchor's values times `weaker`."""
    last = g.add("Transpose", plane, perm=[0, 2, 3, 1])
    rows = g.add("Reshape", last, g.constant([-1, 1, channels], np.int64))
    both = g.add("Concat", rows, g.add("Mul", rows, weaker), axis=1)
    g.add("Reshape", both, g.constant([-1, channels], np.int64), output=output)


def detector(outputs: int = 9, fixed: int | None = None) -> ModelProto:
    """A detector; `outputs` 9 (6 leaves the landmarks out), `fixed` a fixed input size."""
    g = GraphWriter()
    masks = _masks(g, "input.1")
    grid = _coordinates(g, masks[0])
    names: list[list[str]] = [[], [], []]
    for stride in STRIDES:
        for part, (plane, channels, weaker) in enumerate(
            zip(_level(g, masks, grid, stride), (1, 4, 10), (0.9, 1.0, 1.0), strict=True)
        ):
            name = f"{('score', 'bbox', 'kps')[part]}_{stride}"
            _two_anchors(g, plane, channels, weaker, name)
            names[part].append(name)
    wanted = [name for part in names for name in part][:outputs]
    widths = [1] * 3 + [4] * 3 + [10] * 3
    height, width = (fixed, fixed) if fixed else ("height", "width")
    graph = helper.make_graph(
        g.nodes,
        "synthetic-detector",
        [helper.make_tensor_value_info("input.1", TensorProto.FLOAT, [1, 3, height, width])],
        [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, [f"n_{name}", columns])
            for name, columns in zip(wanted, widths, strict=False)
        ],
        g.constants,
    )
    return _model(graph)


def recogniser(
    dimension: int = 512, batch: int | str = "batch", size: int = 112, prefix: str = "face"
) -> ModelProto:
    """A recogniser of chips of `size` px; `prefix` begins its nodes' names."""
    cells = 14 * 14 * 3
    weights = np.random.default_rng(1605).normal(0, 1, (cells, dimension)).astype(np.float32)
    kernel = size // 14
    graph = helper.make_graph(
        [
            helper.make_node(
                "AveragePool",
                ["chip"],
                ["cells"],
                name=f"{prefix}0",
                kernel_shape=[kernel] * 2,
                strides=[kernel] * 2,
            ),
            helper.make_node("Flatten", ["cells"], ["row"], name=f"{prefix}1", axis=1),
            helper.make_node("MatMul", ["row", "weights"], ["embedding"], name=f"{prefix}2"),
        ],
        "synthetic-recogniser",
        [helper.make_tensor_value_info("chip", TensorProto.FLOAT, [batch, 3, size, size])],
        [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, [batch, dimension])],
        [numpy_helper.from_array(weights, "weights")],
    )
    return _model(graph)


def attributes(size: int = 96, outputs: int = 3) -> ModelProto:
    """A model that guesses attributes, in the form that buffalo packages carry it."""
    graph = helper.make_graph(
        [
            helper.make_node("GlobalAveragePool", ["data"], ["mean"]),
            helper.make_node("Flatten", ["mean"], ["fc1"], axis=1),
        ],
        "synthetic-attributes",
        [helper.make_tensor_value_info("data", TensorProto.FLOAT, ["n", 3, size, size])],
        [helper.make_tensor_value_info("fc1", TensorProto.FLOAT, ["n", outputs])],
    )
    return _model(graph)


def _model(graph: GraphProto) -> ModelProto:
    return helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8, producer_name="candor"
    )


def legacy_folder(folder: Path, *, name: str = "synthetic_l") -> Path:
    """A folder in the form of an unpacked buffalo_l: five graphs and no manifest."""
    package = folder / name
    package.mkdir()
    for file, model in {
        "1k3d68.onnx": attributes(192, 3309),
        "2d106det.onnx": attributes(192, 212),
        "det_10g.onnx": detector(),
        "genderage.onnx": attributes(),
        "w600k_r50.onnx": recogniser(),
    }.items():
        (package / file).write_bytes(model.SerializeToString())
    return package


def build(
    folder: Path,
    *,
    name: str = "synthetic_s",
    detection: ModelProto | None = None,
    recognition: ModelProto | None = None,
    **declared: object,
) -> Path:
    """A package with a V2 manifest; `declared` overrides the recognition task's fields."""
    package = folder / name
    package.mkdir()
    files = {
        "det.onnx": (detection or detector()).SerializeToString(),
        "rec.onnx": (recognition or recogniser()).SerializeToString(),
    }
    for file, content in files.items():
        (package / file).write_bytes(content)
    hashes = {file: sha256(content).hexdigest() for file, content in files.items()}
    manifest = {
        "manifest_version": 2,
        "model_id": name,
        "license": "MODEL.LICENSE",
        "tasks": {
            "detection": {"file": "det.onnx", "sha256": hashes["det.onnx"]},
            "recognition": {"file": "rec.onnx", "sha256": hashes["rec.onnx"], **declared},
        },
    }
    (package / "manifest.json").write_text(json.dumps(manifest))
    return package


def sign_licence(package: Path, key: Ed25519PrivateKey, **fields: object) -> None:
    """Write a MODEL.LICENSE signed with `key`; `fields` override or add to the terms."""
    terms: dict[str, Any] = {
        "license_version": 1,
        "license_id": "TEST-1",
        "issuer": "InsightFace",
        "model_id": package.name,
        "grant": "commercial",
        "customer": "Metropolis Police",
        "valid_from": "2020-01-01T00:00:00Z",
        **fields,
    }
    signature = base64.urlsafe_b64encode(key.sign(rfc8785.dumps(terms))).rstrip(b"=").decode()
    (package / "MODEL.LICENSE").write_text(json.dumps({**terms, "signature": signature}))
