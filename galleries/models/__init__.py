"""What is done to galleries."""

from .engine_change import ChangeStage, EngineChange, EngineChangeRejection, Switch
from .erasure import Erasure, ErasureCause, ErasurePhase, ErasureTarget
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
    "ShadowSearch",
    "Switch",
    "TableRewrite",
]
