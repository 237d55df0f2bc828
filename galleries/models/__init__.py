"""What is done to galleries."""

from .erasure import Erasure, ErasureCause, ErasurePhase, ErasureTarget

__all__ = ["Erasure", "ErasureCause", "ErasurePhase", "ErasureTarget"]
