"""What an ONNX graph says of itself, read without making a session of it."""

from dataclasses import dataclass
from pathlib import Path

import onnx
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]

from searches.engines.base import EngineError

# SCRFD with five landmarks: scores, boxes and landmarks for three or five strides.
DETECTOR_OUTPUTS = (9, 15)


@dataclass(frozen=True, slots=True)
class Graph:
    """What a graph says of itself; -1 stands for a dimension that is not fixed."""

    path: Path
    inputs: tuple[tuple[int, ...], ...]
    outputs: tuple[tuple[int, ...], ...]
    first_nodes: tuple[str, ...]
    external: bool

    @property
    def is_detector(self) -> bool:
        return (
            len(self.inputs) == 1
            and self.inputs[0][1:2] == (3,)
            and len(self.outputs) in DETECTOR_OUTPUTS
        )

    @property
    def is_recogniser(self) -> bool:
        """One aligned square face in (112 px or a multiple), one row of numbers out."""
        if len(self.inputs) != 1 or len(self.outputs) != 1 or len(self.inputs[0]) != 4:
            return False
        _, channels, height, width = self.inputs[0]
        square = height == width and height > 0 and height % 112 == 0
        return channels == 3 and square and len(self.outputs[0]) == 2

    @property
    def normalises_itself(self) -> bool:
        """Graphs converted from MXNet begin with the subtraction and scaling (insightface's rule
        for telling them: node names among the first eight)."""
        subtracts = any(name.startswith(("Sub", "_minus")) for name in self.first_nodes)
        scales = any(name.startswith(("Mul", "_mul")) for name in self.first_nodes)
        return subtracts and scales


def read_graph(path: Path) -> Graph:
    """Read a graph's form without making a session of it.

    Raises EngineError("model_damaged") when the file is no ONNX graph.
    """
    try:
        graph = onnx.load_model(str(path), load_external_data=False).graph
    except (DecodeError, OSError, ValueError) as error:
        raise EngineError(
            "model_damaged", f"{path.name} is not a readable ONNX file; copy it again."
        ) from error
    weights = {tensor.name for tensor in graph.initializer}
    return Graph(
        path=path,
        inputs=tuple(_shape(value) for value in graph.input if value.name not in weights),
        outputs=tuple(_shape(value) for value in graph.output),
        first_nodes=tuple(node.name for node in graph.node[:8]),
        external=any(
            tensor.data_location == onnx.TensorProto.EXTERNAL for tensor in graph.initializer
        ),
    )


def _shape(value: onnx.ValueInfoProto) -> tuple[int, ...]:
    dimensions = value.type.tensor_type.shape.dim
    return tuple(int(dimension.dim_value) or -1 for dimension in dimensions)
