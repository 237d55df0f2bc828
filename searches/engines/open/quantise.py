"""Turns a float graph into an int8 one (static QDQ), calibrated on given inputs."""

import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnxruntime.quantization import (
    CalibrationDataReader,
    CalibrationMethod,
    QuantFormat,
    QuantType,
    quantize_static,
)
from onnxruntime.quantization.shape_inference import quant_pre_process


class _Inputs(CalibrationDataReader):  # type: ignore[misc] # onnxruntime is untyped
    def __init__(self, name: str, inputs: Iterable[NDArray[np.float32]]) -> None:
        self.rest: Iterator[dict[str, NDArray[np.float32]]] = ({name: x} for x in inputs)

    def get_next(self) -> dict[str, NDArray[np.float32]] | None:
        return next(self.rest, None)


def quantise(model: Path, target: Path, inputs: Iterable[NDArray[np.float32]]) -> None:
    """Write the int8 form of `model` to `target`.

    uint8 activations and int8 weights with one scale per channel: what x86 processors with VNNI
    multiply natively. The last convolution stays float: it is small, and the decisions are read
    off its output.
    """
    graph = onnx.load(model).graph
    last = [node.name for node in graph.node if node.op_type == "Conv"][-1]
    with tempfile.TemporaryDirectory() as scratch:
        prepared = Path(scratch) / model.name
        quant_pre_process(str(model), str(prepared), skip_symbolic_shape=True)
        quantize_static(
            prepared,
            target,
            _Inputs(graph.input[0].name, inputs),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            calibrate_method=CalibrationMethod.MinMax,
            nodes_to_exclude=[last],
        )
