"""What is done to galleries."""

from .engine_change import ChangeStage, EngineChange, EngineChangeRejection, Switch
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
from .review import HygieneRun, ReviewDecision, ReviewItem, ReviewKind, ReviewState
from .rewrite import TableRewrite
from .shadow_search import ShadowSearch

__all__ = [
    "ChangeStage",
    "EngineChange",
    "EngineChangeRejection",
    "Erasure",
    "ErasureCause",
    "ErasurePhase",
    "ErasureTarget",
    "FileState",
    "HoldTarget",
    "HygieneRun",
    "ImportBatch",
    "ImportFile",
    "ImportKind",
    "ImportLane",
    "ImportPart",
    "ImportStage",
    "LegalHold",
    "RetentionRun",
    "ReviewDecision",
    "ReviewItem",
    "ReviewKind",
    "ReviewState",
    "ShadowSearch",
    "Switch",
    "TableRewrite",
]
