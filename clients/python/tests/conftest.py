import pytest

from fake_portal import FakePortal


@pytest.fixture
def portal(monkeypatch: pytest.MonkeyPatch) -> FakePortal:
    """A portal without a network, at which nobody sleeps."""
    made = FakePortal()
    monkeypatch.setattr("candor_client.drivers.sleep", made.sleep)
    monkeypatch.setattr("candor_client.drivers.async_sleep", made.async_sleep)
    monkeypatch.setattr("candor_client.waiting.monotonic", lambda: made.now)
    return made
