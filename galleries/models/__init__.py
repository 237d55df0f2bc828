"""What is done to galleries."""

from .erasure import Erasure, ErasureCause, ErasurePhase, ErasureTarget
from .rewrite import TableRewrite

__all__ = ["Erasure", "ErasureCause", "ErasurePhase", "ErasureTarget", "TableRewrite"]
