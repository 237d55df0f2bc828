"""What is done to galleries."""

from .erasure import Erasure, ErasureCause, ErasurePhase, ErasureTarget
from .hold import HoldTarget, LegalHold
from .imports import (
    FileState,
    ImportBatch,
    ImportFile,
    ImportKind,
    ImportLane,
    ImportPart,
    ImportStage,
)
from .retention_run import RetentionRun
from .rewrite import TableRewrite

__all__ = [
    "Erasure",
    "ErasureCause",
    "ErasurePhase",
    "ErasureTarget",
    "FileState",
    "HoldTarget",
    "ImportBatch",
    "ImportFile",
    "ImportKind",
    "ImportLane",
    "ImportPart",
    "ImportStage",
    "LegalHold",
    "RetentionRun",
    "TableRewrite",
]
