"""Answers that follow from what was asked alone, and are not worked out anew by every test.

What an engine finds follows from pixels and model: tests/engines hold every engine to that, and
load theirs themselves. The rest of the portal's tests use a handful of pictures hundreds of times.
The key is everything that the engine is given, so that a service that hands over other pixels or
another face still gets what the engine says of those.

Whether values satisfy a check constraint follows from the values. Django asks the database, with a
statement for each of a model's constraints; the database itself asks once more when the row comes.
"""

from collections.abc import Sequence
from hashlib import sha256
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import CheckConstraint, Model, Q, Value

from searches.engines.base import Embeddings, EngineConfig, Face, FaceEngine, RGBImage
from searches.engines.registry import load_engine


class Remembering:
    """A FaceEngine; whatever it raises is not remembered."""

    def __init__(self, engine: FaceEngine) -> None:
        self._engine = engine
        self._found: dict[Any, list[Face]] = {}
        self._embedded: dict[Any, Embeddings] = {}
        self.name, self.contract, self.licence = engine.name, engine.contract, engine.licence
        self.landmark_scheme, self.scale = engine.landmark_scheme, engine.scale
        self.published_threshold = engine.published_threshold
        self.providers = engine.providers

    def detect(self, image: RGBImage) -> list[Face]:
        key = _named(image)
        if key not in self._found:
            self._found[key] = self._engine.detect(image)
        return [*self._found[key]]

    def embed(self, image: RGBImage, faces: Sequence[Face]) -> Embeddings:
        key = (_named(image), *faces)
        if key not in self._embedded:
            self._embedded[key] = self._engine.embed(image, faces)
        return self._embedded[key].copy()


def load_remembering(kind: str, config: EngineConfig) -> FaceEngine:
    """As searches.engines.registry.load_engine."""
    return Remembering(load_engine(kind, config))


def _named(image: RGBImage) -> tuple[Any, ...]:
    return image.shape, image.dtype.str, sha256(image.tobytes()).digest()


# --- Check constraints ----------------------------------------------------------------------------

_satisfied: set[tuple[Any, ...]] = set()
_ask = CheckConstraint.validate


def validate_once(
    constraint: CheckConstraint,
    model: type[Model],
    instance: Model,
    exclude: set[str] | None = None,
    using: str = DEFAULT_DB_ALIAS,
) -> None:
    """As CheckConstraint.validate; what is refused is asked again, and so is all where a test
    counts statements."""
    key = _values(constraint, model, instance, exclude)
    if key in _satisfied and not connections[using].force_debug_cursor:
        return
    _ask(constraint, model, instance, exclude, using)
    if key:
        _satisfied.add(key)


def _values(
    constraint: CheckConstraint, model: type[Model], instance: Model, exclude: set[str] | None
) -> tuple[Any, ...]:
    """The constraint and the values that it speaks of; nothing where it speaks of more."""
    given = instance._get_field_expression_map(model._meta, exclude)  # type: ignore[attr-defined]
    named = [given.get(name) for name in sorted(Q(constraint.condition).referenced_base_fields)]
    if not named or not all(isinstance(value, Value) for value in named):
        return ()
    return model._meta.label, constraint.name, *(repr(value.value) for value in named)
