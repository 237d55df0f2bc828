"""Licenses: states over days and time zones, signed terms, two people, who sees them."""

from datetime import date

import pytest

from accounts.licensing import current_terms
from accounts.models import Agency
from django.utils import timezone
from portal.tenancy import scope

pytestmark = pytest.mark.django_db


def test_smoke(alder: Agency) -> None:
    with scope(alder.pk):
        terms = current_terms(alder.pk, timezone.now())
    assert terms is not None and terms.usable and not terms.trial and terms.seats is None
