"""The engines Candor knows, imported on first use."""

from importlib import import_module
from types import ModuleType

from .base import EngineConfig, EngineError, EngineFacts, FaceEngine

ENGINES: dict[str, tuple[str, str]] = {
    "open": ("Open model package (dlib weights, public domain)", "searches.engines.open.engine"),
    "insightface": ("InsightFace model package", "searches.engines.insightface.engine"),
}


def load_engine(kind: str, config: EngineConfig) -> FaceEngine:
    """Load an engine by its kind; slow (seconds), so once per process.

    Raises EngineError("unknown_engine") for a kind that is not registered, and whatever the
    engine itself raises when its models are missing or damaged.
    """
    engine: FaceEngine = _module(kind).load(config)
    return engine


def describe_engine(kind: str, config: EngineConfig) -> EngineFacts:
    """What an engine's package says of itself; no model is loaded. Raises as `load_engine`."""
    facts: EngineFacts = _module(kind).describe(config)
    return facts


def _module(kind: str) -> ModuleType:
    if kind not in ENGINES:
        known = ", ".join(sorted(ENGINES))
        raise EngineError("unknown_engine", f"Unknown engine {kind!r}; known are: {known}")
    return import_module(ENGINES[kind][1])
