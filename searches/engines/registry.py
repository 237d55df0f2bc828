"""The engines Candor knows, imported on first use."""

from importlib import import_module

from .base import EngineConfig, EngineError, FaceEngine

ENGINES: dict[str, tuple[str, str]] = {
    "open": ("Open model package (dlib weights, public domain)", "searches.engines.open.engine"),
    "insightface": ("InsightFace model package", "searches.engines.insightface.engine"),
}


def load_engine(kind: str, config: EngineConfig) -> FaceEngine:
    """Load an engine by its kind; slow (seconds), so once per process.

    Raises EngineError("unknown_engine") for a kind that is not registered, and whatever the
    engine itself raises when its models are missing or damaged.
    """
    if kind not in ENGINES:
        known = ", ".join(sorted(ENGINES))
        raise EngineError("unknown_engine", f"Unknown engine {kind!r}; known are: {known}")
    module = import_module(ENGINES[kind][1])
    engine: FaceEngine = module.load(config)
    return engine
