"""dlib's five-point shape predictor (an ensemble of regression trees) in numpy.

Kazemi and Sullivan, "One millisecond face alignment with an ensemble of regression trees",
CVPR 2014, as implemented in dlib's shape_predictor.
"""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from searches.engines.base import Box, EngineError, RGBImage

from .dlib_files import Reader

Floats = NDArray[np.float32]
Indices = NDArray[np.int32]
POINTS = 5


@dataclass(frozen=True, slots=True, eq=False)
class ShapePredictor:
    """The trained ensemble: c cascades of t trees with s splits over f pixel features.

    `initial` [5, 2] mean shape in the unit box; `splits` [c, t, s, 2] the two features compared;
    `thresholds` [c, t, s]; `leaves` [c, t, s + 1, 10] shape updates; `anchors` [c, f] the point
    that a feature hangs on and `deltas` [c, f, 2] its offset from there.
    """

    initial: Floats
    splits: Indices
    thresholds: Floats
    leaves: Floats
    anchors: Indices
    deltas: Floats

    @classmethod
    def from_dlib(cls, path: Path) -> Self:
        """Read dlib's own file to its last byte; takes about 2 s.

        Raises EngineError("weights_damaged").
        """
        reader = Reader(path)
        reader.expect(1, "file")
        initial = _matrix(reader)
        forests = [_forest(reader) for _ in range(reader.integer())]
        anchors = [reader.integers(reader.integer()) for _ in range(reader.integer())]
        deltas = [reader.reals(2 * reader.integer()) for _ in range(reader.integer())]
        reader.finish()
        if initial.size != 2 * POINTS:
            raise EngineError("weights_damaged", f"{path.name} does not predict five points.")
        return cls(
            initial=initial.reshape(POINTS, 2),
            splits=np.stack([forest[0] for forest in forests]),
            thresholds=np.stack([forest[1] for forest in forests]),
            leaves=np.stack([forest[2] for forest in forests]),
            anchors=np.array(anchors, np.int32),
            deltas=np.array(deltas, np.float32).reshape(len(deltas), -1, 2),
        )

    @classmethod
    def load(cls, path: Path) -> Self:
        with np.load(path, allow_pickle=False) as arrays:
            return cls(**{name: arrays[name] for name in cls.__dataclass_fields__})

    def save(self, path: Path) -> None:
        """Write the arrays as an uncompressed .npz: the same bytes whenever and wherever made."""
        np.savez(path, **asdict(self))

    def predict(self, image: RGBImage, box: Box) -> Floats:
        """The five points of the face in `box`: float32 [5, 2] in pixels, dlib's order.

        `box` is a detector's box with dlib's meaning: its sides run through pixel centres.
        Features outside the picture count as black.
        """
        origin = np.array([box.left, box.top], np.float32)
        extent = np.array([box.width, box.height], np.float32)
        shape = self.initial.copy()
        trees = np.arange(self.splits.shape[1])
        depth = int(self.splits.shape[2] + 1).bit_length() - 1
        for cascade in range(len(self.splits)):
            turn = _similarity(self.initial, shape)
            points = self.deltas[cascade] @ turn.T + shape[self.anchors[cascade]]
            features = _intensities(image, points * extent + origin)
            first, second = np.moveaxis(features[self.splits[cascade]], -1, 0)
            goes_left = first - second > self.thresholds[cascade]
            node = np.zeros(len(trees), np.int64)
            for _ in range(depth):
                node = 2 * node + np.where(goes_left[trees, node], 1, 2)
            update = self.leaves[cascade][trees, node - self.splits.shape[2]]
            shape = shape + update.sum(axis=0).reshape(POINTS, 2)
        return shape * extent + origin


def _matrix(reader: Reader) -> Floats:
    rows, columns = -reader.integer(), -reader.integer()
    return np.array(reader.reals(rows * columns), np.float32)


def _forest(reader: Reader) -> tuple[Indices, Floats, Floats]:
    splits, thresholds, leaves = [], [], []
    for _ in range(reader.integer()):
        tree = [(*reader.integers(2), reader.real()) for _ in range(reader.integer())]
        splits.append([split[:2] for split in tree])
        thresholds.append([split[2] for split in tree])
        leaves.append([_matrix(reader) for _ in range(reader.integer())])
    return np.array(splits, np.int32), np.array(thresholds, np.float32), np.array(leaves)


def _similarity(source: Floats, target: Floats) -> Floats:
    """Rotation and scale [2, 2] of the least-squares similarity between two shapes (Umeyama)."""
    a = source - source.mean(axis=0)
    b = target - target.mean(axis=0)
    along = (a * b).sum()
    across = (a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum()
    turn: Floats = np.array([[along, -across], [across, along]], np.float32) / (a * a).sum()
    return turn


def _intensities(image: RGBImage, points: Floats) -> NDArray[np.int32]:
    """Grey values (r + g + b) // 3 at the nearest pixels; 0 outside the picture."""
    height, width = image.shape[:2]
    x, y = np.floor(points + np.float32(0.5)).astype(np.int64).T
    inside = (x >= 0) & (y >= 0) & (x < width) & (y < height)
    colours = image[np.where(inside, y, 0), np.where(inside, x, 0)].astype(np.int32)
    return np.where(inside, colours.sum(axis=1) // 3, 0).astype(np.int32)
