"""What is done to galleries."""

from .erasure import Erasure, ErasureCause, ErasurePhase, ErasureTarget
from .imports import (
    FileState,
    ImportBatch,
    ImportFile,
    ImportKind,
    ImportLane,
    ImportPart,
    ImportStage,
)
from .rewrite import TableRewrite

__all__ = [
    "Erasure",
    "ErasureCause",
    "ErasurePhase",
    "ErasureTarget",
    "FileState",
    "ImportBatch",
    "ImportFile",
    "ImportKind",
    "ImportLane",
    "ImportPart",
    "ImportStage",
    "TableRewrite",
]
