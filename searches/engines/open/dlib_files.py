"""Reads the networks of dlib's own serialisation format, without dlib.

The format: an integer is a control byte (low nibble: number of bytes, 0x80: negative) and a
little-endian magnitude; a float is an integer mantissa m and an integer exponent e, m * 2**e; a
string or list is its length and its items; a tensor is 2, four dimensions and raw little-endian
float32. Every reader here consumes a file to its last byte or raises.
"""

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from searches.engines.base import EngineError

RECOGNISER_FILE = "dlib_face_recognition_resnet_model_v1.dat"
DETECTOR_FILE = "mmod_human_face_detector.dat"
PREDICTOR_FILE = "shape_predictor_5_face_landmarks.dat"

_NORMAL, _MARK, _ON_INPUT = 2, 1, 3  # the version number that opens each layer of the list

Floats = NDArray[np.float32]


def locate(name: str) -> Path:
    """Path of one of the weight files in the installed `face_recognition_models` package.

    Raises EngineError("weights_missing") when the package or the file is not there.
    """
    # Found, not imported: the package imports pkg_resources, which new setuptools do not have.
    spec = importlib.util.find_spec("face_recognition_models")
    for folder in (spec and spec.submodule_search_locations) or ():
        path = Path(folder) / "models" / name
        if path.is_file():
            return path
    raise EngineError(
        "weights_missing",
        f"The weight file {name} is missing; install the face_recognition_models package "
        "(pip install -r requirements.txt).",
    )


class Reader:
    """A cursor over the bytes of one dlib file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.data = path.read_bytes()
        self.position = 0

    def damaged(self, what: str) -> EngineError:
        return EngineError(
            "weights_damaged",
            f"{self.path.name} is not the expected dlib file ({what} at byte {self.position}); "
            "reinstall face_recognition_models.",
        )

    def take(self, count: int) -> bytes:
        if count < 0 or self.position + count > len(self.data):
            raise self.damaged("it ends early")
        piece = self.data[self.position : self.position + count]
        self.position += count
        return piece

    def integer(self) -> int:
        control = self.take(1)[0]
        if control & 0x70 or not 1 <= control & 0x0F <= 8:
            raise self.damaged("bad integer")
        magnitude = int.from_bytes(self.take(control & 0x0F), "little")
        return -magnitude if control & 0x80 else magnitude

    def integers(self, count: int) -> list[int]:
        return [self.integer() for _ in range(count)]

    def real(self) -> float:
        mantissa, exponent = self.integer(), self.integer()
        return mantissa * 2.0**exponent

    def reals(self, count: int) -> list[float]:
        return [self.real() for _ in range(count)]

    def flags(self, count: int) -> None:
        if set(self.take(count)) - set(b"01"):
            raise self.damaged("bad flag")

    def text(self) -> str:
        return self.take(self.integer()).decode("latin-1")

    def expect(self, value: int, what: str) -> None:
        if self.integer() != value:
            raise self.damaged(f"unknown version of {what}")

    def tensor(self) -> Floats:
        self.expect(2, "tensor")
        shape = self.integers(4)
        count = int(np.prod(shape))
        return np.frombuffer(self.take(4 * count), "<f4").reshape(shape).astype(np.float32)

    def alias(self) -> tuple[int, ...]:
        self.expect(1, "alias tensor")
        return tuple(self.integers(4))

    def finish(self) -> None:
        if self.position != len(self.data):
            raise self.damaged(f"{len(self.data) - self.position} bytes are left over")


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer: its kind, its integers (kernel, stride, padding) and its arrays.

    `con`: weights (out, in, h, w) and biases; `affine`: gain and offset per channel; `fc`: a
    matrix (inputs, outputs); `mark`: a tag or skip of the residual wiring, without content.
    """

    kind: str
    numbers: tuple[int, ...] = ()
    arrays: tuple[Floats, ...] = ()


@dataclass(frozen=True, slots=True)
class Network:
    """A network from the bottom up, the mean colour (R, G, B) it subtracts and its loss's fields.

    Input pixels are normalised as (value - mean) / 256.
    """

    loss: str
    window: tuple[int, ...]
    loss_values: tuple[float, ...]
    input_kind: str
    mean: tuple[float, ...]
    layers: tuple[Layer, ...] = field(repr=False)


def read_network(path: Path) -> Network:
    """Read a dlib network of the kinds used by the recogniser and the MMOD detector.

    Raises EngineError("weights_damaged") for anything unknown, missing or left over.
    """
    reader = Reader(path)
    reader.expect(1, "file")
    loss = reader.text()
    if loss == "loss_metric_2":
        window, loss_values = [], reader.reals(2)
    elif loss == "loss_mmod_":
        reader.expect(1, "loss")
        window, loss_values = reader.integers(2), reader.reals(7)
    else:
        raise reader.damaged(f"unknown loss {loss!r}")
    versions = [reader.integer()]
    while versions[-1] in (_NORMAL, _MARK):
        versions.append(reader.integer())
    if versions[-1] != _ON_INPUT:
        raise reader.damaged(f"unknown layer version {versions[-1]}")
    input_kind, mean = reader.text(), reader.reals(3)
    if input_kind.endswith("_sized"):
        window = reader.integers(2)
    layers = [_read_layer(reader, version) for version in reversed(versions)]
    reader.finish()
    return Network(loss, tuple(window), tuple(loss_values), input_kind, tuple(mean), tuple(layers))


def _read_layer(reader: Reader, version: int) -> Layer:
    if version == _MARK:
        return Layer("mark")
    name = reader.text()
    if name not in _BODIES:
        raise reader.damaged(f"unknown layer {name!r}")
    layer = _BODIES[name](reader)
    reader.flags(3)
    for _ in range(3):  # gradients and cached outputs: empty in a trained file
        if reader.tensor().size:
            raise reader.damaged("unexpected cached tensor")
    if version == _ON_INPUT:
        reader.integer()
    return layer


def _convolution(reader: Reader) -> Layer:
    params = reader.tensor().ravel()
    filters, *numbers = reader.integers(7)
    shape, bias_shape = reader.alias(), reader.alias()
    reader.reals(4)
    if params.size != np.prod(shape) + np.prod(bias_shape) or shape[0] != filters:
        raise reader.damaged("convolution of another size")
    weights = params[: -int(np.prod(bias_shape))].reshape(shape)
    return Layer("con", tuple(numbers), (weights, params[weights.size :]))


def _affine(reader: Reader) -> Layer:
    params = reader.tensor().ravel()
    reader.alias(), reader.alias()
    reader.integer()
    gain, offset = np.split(params, 2)
    return Layer("affine", (), (gain, offset))


def _batch_norm(reader: Reader) -> Layer:
    params = reader.tensor().ravel()
    reader.alias(), reader.alias()
    _, _, mean, variance = (reader.tensor().ravel().astype(np.float64) for _ in range(4))
    reader.integers(2)
    epsilon = reader.reals(5)[-1]
    gamma, beta = np.split(params.astype(np.float64), 2)
    gain = gamma / np.sqrt(variance + epsilon)
    offset = beta - gain * mean
    return Layer("affine", (), (gain.astype(np.float32), offset.astype(np.float32)))


def _pool(kind: str) -> Callable[[Reader], Layer]:
    return lambda reader: Layer(kind, tuple(reader.integers(6)))


def _fully_connected(reader: Reader) -> Layer:
    outputs, inputs = reader.integers(2)
    matrix = reader.tensor().reshape(inputs, outputs)
    reader.alias(), reader.alias()
    reader.integer()
    reader.reals(4)
    return Layer("fc", (), (matrix,))


_BODIES: dict[str, Callable[[Reader], Layer]] = {
    "con_4": _convolution,
    "affine_": _affine,
    "bn_con2": _batch_norm,
    "max_pool_2": _pool("max_pool"),
    "avg_pool_2": _pool("avg_pool"),
    "fc_2": _fully_connected,
    "relu_": lambda reader: Layer("relu"),
    "add_prev_": lambda reader: Layer("add_prev"),
}
