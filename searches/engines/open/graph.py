"""Writes dlib layers as ONNX nodes, for the graphs of the recogniser and the detector."""

from collections.abc import Sequence

import numpy as np
from onnx import ModelProto, NodeProto, TensorProto, checker, helper, numpy_helper

from .dlib_files import Floats, Layer, Network

OPSET = 17
IR_VERSION = 8  # onnxruntime 1.10 and later read it


def folded(convolution: Layer, affine: Layer | None) -> tuple[Floats, Floats]:
    """Weights and biases of a convolution with the affine layer after it folded in (exact)."""
    weights, biases = (array.astype(np.float64) for array in convolution.arrays)
    if affine is not None:
        gain, offset = (array.astype(np.float64) for array in affine.arrays)
        weights = weights * gain[:, None, None, None]
        biases = biases * gain + offset
    return weights.astype(np.float32), biases.astype(np.float32)


def with_raw_input(weights: Floats, biases: Floats, network: Network) -> tuple[Floats, Floats]:
    """Fold the input normalisation (v - mean) / 256 into an unpadded first convolution.

    The graph then takes raw RGB values 0..255. Exact only without padding: a padded zero would
    otherwise mean the mean colour in one form and black in the other.
    """
    mean = np.asarray(network.mean, np.float64) / 256
    shift = np.einsum("oihw,i->o", weights.astype(np.float64), mean)
    return (weights / 256).astype(np.float32), (biases - shift).astype(np.float32)


class Graph:
    """Nodes and weights of a graph under construction; every method returns its output's name."""

    def __init__(self, name: str, source: str) -> None:
        self.name = name
        self.value = source
        self.nodes: list[NodeProto] = []
        self.weights: list[TensorProto] = []

    def constant(self, name: str, array: np.ndarray) -> str:
        self.weights.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def add(self, kind: str, inputs: Sequence[str], **attributes: int | list[int]) -> str:
        output = f"{kind.lower()}_{len(self.nodes)}"
        # insightface guesses a normalisation from names that start with Sub and Mul: these do not.
        node = helper.make_node(kind, list(inputs), [output], name=f"dlib_{output}")
        node.attribute.extend(helper.make_attribute(*item) for item in attributes.items())
        self.nodes.append(node)
        self.value = output
        return output

    def convolve(self, layer: Layer, weights: Floats, biases: Floats) -> str:
        height, width, stride_y, stride_x, pad_y, pad_x = layer.numbers
        number = len(self.nodes)
        inputs = [
            self.value,
            self.constant(f"weights_{number}", weights),
            self.constant(f"biases_{number}", biases),
        ]
        return self.add(
            "Conv",
            inputs,
            kernel_shape=[height, width],
            strides=[stride_y, stride_x],
            pads=[pad_y, pad_x, pad_y, pad_x],
        )

    def pool(self, kind: str, layer: Layer) -> str:
        height, width, stride_y, stride_x, pad_y, pad_x = layer.numbers
        return self.add(
            kind,
            [self.value],
            kernel_shape=[height, width],
            strides=[stride_y, stride_x],
            pads=[pad_y, pad_x, pad_y, pad_x],
        )

    def pad(self, value: str, channels: int, bottom: int, right: int) -> str:
        """Zeros after the last channel, row and column, as dlib's add_prev reads missing values."""
        pads = np.array([0, 0, 0, 0, 0, channels, bottom, right], np.int64)
        return self.add("Pad", [value, self.constant(f"pads_{len(self.nodes)}", pads)])

    def model(
        self, source: tuple[str, list[int | str]], sink: tuple[str, list[int | str]]
    ) -> ModelProto:
        """The checked model from `source` (name, shape) to the last value, renamed to `sink`."""
        self.nodes.append(helper.make_node("Identity", [self.value], [sink[0]], name="dlib_output"))
        graph = helper.make_graph(
            self.nodes,
            self.name,
            [helper.make_tensor_value_info(source[0], TensorProto.FLOAT, source[1])],
            [helper.make_tensor_value_info(sink[0], TensorProto.FLOAT, sink[1])],
            self.weights,
        )
        model = helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION
        )
        model.producer_name = "candor"
        checker.check_model(model, full_check=True)
        return model
