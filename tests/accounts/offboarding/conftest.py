"""Alder, closed."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from accounts.models import Agency, User
from accounts.services.agency_lifecycle import change_agency
from tests.accounts.offboarding.cast import OPERATOR, close
from tests.factories import working_agency as fill


@pytest.fixture
def closed(alder: Agency, ada: User, models: Path) -> Agency:
    """Alder, closed, with one of everything in it; Ada is its admin."""
    fill(alder)
    change_agency(actor=OPERATOR, agency=alder, contact_name="Cy", contact_email="cy@alder.example")
    return close(alder)


@pytest.fixture
def in_the_past(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Agencies that are closed now have passed their deadline when their export is finished."""
    settings.OFFBOARDING_DAYS = -2
    monkeypatch.setattr("accounts.services.offboarding_job.LEAST_TIME", timedelta(days=-1))
