"""The platform's pages of an agency's end."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Agency
from tests.accounts.offboarding.cast import REASON, actions, receipt_of, row_of, run

EACH_TEST_ALONE = True

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("bells")]


def test_staff_see_counts_and_put_the_deadline_off(closed: Agency, inside: Client) -> None:
    row = run(closed)
    address = reverse("admin:accounts_agency_offboarding", args=[closed.pk])
    page = inside.get(address)
    assert page.status_code == 200
    assert row.export_sha256 in page.text
    assert "searches_case" in page.text
    assert "Robbery" not in page.text
    for wrong in ({"days": 0, "reason": REASON}, {"days": 366, "reason": REASON}, {"days": 9}):
        assert inside.post(address, wrong).status_code == 422
    assert inside.post(address, {"days": 9, "reason": "short"}).status_code == 422
    assert row_of(closed).deadline == row.deadline
    assert inside.post(address, {"days": 9, "reason": "A court asked for it"}).status_code == 302
    assert row_of(closed).deadline == row.deadline + timedelta(days=9)
    assert "offboarding.prolonged" in actions(closed.pk)
    assert "offboarding.prolonged" in actions(None)


def test_staff_download_the_receipt_once_there_is_one(
    in_the_past: None, closed: Agency, inside: Client
) -> None:
    address = reverse("admin:accounts_agency_receipt", args=[closed.pk])
    assert inside.get(address).status_code == 404
    run(closed)
    run(closed)
    assert inside.get(address).json()["document"] == receipt_of(closed).document
    assert "offboarding.receipt_viewed" in actions(None)
    page = inside.get(reverse("admin:accounts_agency_offboarding", args=[closed.pk])).text
    assert address in page
    assert "Put the deadline off" not in page
