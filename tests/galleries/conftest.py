"""Fixtures of the tests of galleries."""

import pytest

from tests.galleries.second_engine import second_contract, second_package


@pytest.fixture
def second(models: object, settings: "pytest.FixtureRequest") -> str:
    """The contract of a second engine, which the installation has."""
    settings.ENGINE_NEXT = "open"  # type: ignore[attr-defined]
    settings.ENGINE_NEXT_PACKAGE = str(second_package())  # type: ignore[attr-defined]
    return second_contract()


@pytest.fixture
def no_rewriting(monkeypatch: pytest.MonkeyPatch) -> None:
    """A table is not written anew within the transaction of a test."""
    target = "galleries.services.engine_clearing.rewrite"
    monkeypatch.setattr(target, lambda tables, removed: None)
