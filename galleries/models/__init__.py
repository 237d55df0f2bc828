"""What is done to galleries."""

from .erasure import Erasure, ErasureCause, ErasurePhase, ErasureTarget
from .hold import HoldTarget, LegalHold
from .retention_run import RetentionRun
from .rewrite import TableRewrite

__all__ = [
    "Erasure",
    "ErasureCause",
    "ErasurePhase",
    "ErasureTarget",
    "HoldTarget",
    "LegalHold",
    "RetentionRun",
    "TableRewrite",
]
