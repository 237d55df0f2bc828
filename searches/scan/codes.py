"""Four bits for every two dimensions of each template, all of them scanned by FAISS.

The codes lie in a file that all processes of a host map. FAISS itself keeps them in memory of its
own, so it is shown the mapped ones in place of it. No Django in this module, and no database.
"""

import ctypes
import logging
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from searches.scan.halves import Floats, Halves

TRAINED_ON = 100_000
"""Templates that the quantiser is trained on at most; more change nothing (FAISS asks for 40 a
centroid, and there are 16)."""
LEAST_TRAINED_ON = 1024
ADDED_AT_ONCE = 65_536
BLOCK = 32  # templates whose codes FAISS keeps side by side


@cache
def _faiss() -> Any:
    """Loaded when it is first needed: most installations have no gallery of this size."""
    logging.getLogger("faiss.loader").setLevel(logging.WARNING)  # it tells of each step
    import faiss

    return faiss


def bytes_of(rows: int, dimension: int) -> int:
    """How much the codes of so many templates take."""
    index = _new(dimension)
    blocks = (rows + BLOCK - 1) // BLOCK
    return int(blocks * BLOCK * index.M2 // 2)


def encode(vectors: Halves, file: BinaryIO) -> Floats:
    """Train on `vectors` [n, dimension], write the codes of all of them; returns the centroids.

    One thread, about 7 s for 1,000,000 templates of 512 dimensions.
    """
    faiss = _faiss()
    faiss.omp_set_num_threads(1)
    rows, dimension = vectors.shape
    rng = np.random.default_rng(rows)  # the same templates give the same codes
    if rows > TRAINED_ON:
        chosen = np.sort(rng.choice(rows, TRAINED_ON, replace=False))
    else:
        chosen = np.resize(np.arange(rows), max(rows, LEAST_TRAINED_ON))
    index = _new(dimension)
    index.train(_padded(vectors[chosen], index.d))
    for first in range(0, rows, ADDED_AT_ONCE):
        index.add(_padded(vectors[first : first + ADDED_AT_ONCE], index.d))
    file.write(faiss.rev_swig_ptr(index.codes.get(), bytes_of(rows, dimension)).data)
    centroids: Floats = faiss.vector_to_array(index.pq.centroids)
    return centroids


class Codes:
    """Codes of `rows` templates, scanned and wiped in the file that they are mapped from."""

    def __init__(self, path: Path, rows: int, dimension: int, centroids: Floats) -> None:
        faiss = _faiss()
        self._bytes = np.memmap(path, np.uint8, "r+")
        if len(self._bytes) != bytes_of(rows, dimension):
            raise ValueError(f"{path.name} has {len(self._bytes)} bytes")
        index = _new(dimension)
        if len(centroids) != index.pq.centroids.size():
            raise ValueError(f"{len(centroids)} centroids")
        faiss.copy_array_to_vector(centroids, index.pq.centroids)
        index.is_trained = True
        self._packer = index.get_CodePacker()
        _borrow(index, self._bytes)
        index.ntotal, index.ntotal2 = rows, rows + -rows % BLOCK
        self._index, self._rows = index, rows

    def nearest(self, probe: Floats, most: int) -> NDArray[np.int64]:
        """The rows [at most `most`] that are most similar to a probe by their codes, in no order.

        Every row is looked at. Wiped ones may be among them.
        """
        if most >= self._rows:
            return np.arange(self._rows)  # FAISS leaves out those that are the furthest throughout
        _faiss().omp_set_num_threads(1)
        asked = _padded(probe[None], self._index.d)
        rows: NDArray[np.int64] = self._index.search(asked, most)[1][0]
        return rows[rows >= 0]

    def wipe(self, rows: NDArray[np.int64]) -> None:
        """Overwrite the codes of these rows with zeros, for every process. One caller at a time."""
        nothing = np.zeros(self._packer.code_size, np.uint8)
        blocks = self._bytes.reshape(-1, self._packer.block_size)
        for row in rows.tolist():
            block, place = divmod(row, BLOCK)
            self._packer.pack_1(nothing, place, blocks[block : block + 1])


def _new(dimension: int) -> Any:
    faiss = _faiss()
    even = dimension + dimension % 2
    return faiss.IndexPQFastScan(even, even // 2, 4, faiss.METRIC_INNER_PRODUCT, BLOCK)


def _padded(vectors: NDArray[Any], dimension: int) -> Floats:
    """As float32 with an even number of dimensions: a zero more changes no product."""
    full = np.zeros((len(vectors), dimension), np.float32)
    full[:, : vectors.shape[1]] = vectors
    return full


def _borrow(index: Any, codes: NDArray[np.uint8]) -> None:
    """Have an empty index read its codes from `codes`, which must outlive its use.

    FAISS has no call for it. Its table of codes is a pointer and its length, twice: once of what is
    allocated and once of what is used; a filled index is looked at first, so that another layout in
    another version is refused (RuntimeError) and not written over. Python never frees the index
    afterwards, some 100 kB, for FAISS would free what is not its own.
    """
    faiss = _faiss()
    known = faiss.AlignedTableUint8(BLOCK)
    words = (ctypes.c_size_t * 3).from_address(int(known.this))
    pointer = faiss.rev_swig_ptr(known.get(), 1).ctypes.data
    if words[0] != pointer or words[1] < BLOCK or words[2] != BLOCK or codes.ctypes.data % 64:
        raise RuntimeError("this version of FAISS keeps its codes otherwise")
    index.this.disown()
    words = (ctypes.c_size_t * 3).from_address(int(index.codes.this))
    words[0], words[1], words[2] = codes.ctypes.data, len(codes), len(codes)
