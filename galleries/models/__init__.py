"""What is done to galleries."""

from .erasure import Erasure, ErasureCause, ErasurePhase, ErasureTarget
from .review import HygieneRun, ReviewDecision, ReviewItem, ReviewKind, ReviewState

__all__ = [
    "Erasure",
    "ErasureCause",
    "ErasurePhase",
    "ErasureTarget",
    "HygieneRun",
    "ReviewDecision",
    "ReviewItem",
    "ReviewKind",
    "ReviewState",
]
