"""An agency that lends, a search, and a way to ask for an examiner."""

from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.utils import timezone

from accounts.models import Agency, Role
from searches.models import ExaminerLoan, Gallery, Search
from searches.services.lending import lend_examiner
from searches.services.looking_up import look_up_loan
from tests.conftest import join
from tests.factories import make_policy, person_jpeg
from tests.searches.lending.cast import REASON, Ask, Lender
from tests.searches.procedure import Office, filled_gallery, searched


@pytest.fixture
def lender(birch: Agency) -> Lender:
    make_policy(birch, lend_examiners=True)
    return Lender(
        birch,
        join(birch, "eva@birch.example", "Eva", Role.EXAMINER),
        join(birch, "adam@birch.example", "Adam", Role.ADMIN),
        join(birch, "sam@birch.example", "Sam", Role.SUPERVISOR),
    )


@pytest.fixture
def gallery(alder: Agency) -> Gallery:
    return filled_gallery(alder, 8)


@pytest.fixture
def search(office: Office, gallery: Gallery) -> Search:
    """Done, with two candidates, and not examined yet."""
    return searched(office, person_jpeg(1), gallery, limit=2)


@pytest.fixture
def ask(office: Office, search: Search) -> Ask:
    """Alder's supervisor asks, and a worker looks the address up."""

    def do(email: str = "eva@birch.example", days: int = 7) -> ExaminerLoan:
        loan = lend_examiner(
            actor=office.actor("supervisor"), search=search, email=email, days=days, reason=REASON
        )
        look_up_loan(loan.pk)
        loan.refresh_from_db()
        return loan

    return do


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Let the time of every loan pass."""
    clock = SimpleNamespace(now=lambda: timezone.now() + timedelta(days=31))

    def pass_by() -> None:
        for module in ("searches.models.loan", "searches.services.lent_out"):
            monkeypatch.setattr(f"{module}.timezone", clock)

    return pass_by
