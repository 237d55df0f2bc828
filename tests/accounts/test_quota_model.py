"""Sequences of reserve, commit, release, expire and amend against a model, on the real database."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from pytest_django.plugin import DjangoDbBlocker

from accounts.faults import Fault
from accounts.licensing import Terms, usable_terms
from accounts.models import Agency, Kind, QuotaCounter, QuotaReservation, UsageEntry
from accounts.purposes import Purpose
from accounts.services import quota
from accounts.services.proving import prove
from portal.tenancy import scope
from tests.accounts.races import committed_agency
from tests.factories import make_license

EACH_TEST_ALONE = True

LIMITS = st.one_of(st.none(), st.integers(0, 6))
KEYS = st.sampled_from([f"k{n}" for n in range(12)])


@dataclass
class Held:
    """What the model knows of one reservation."""

    quantity: int
    month: str
    overage: bool
    state: str = "reserved"


class Quota(RuleBasedStateMachine):
    """The model: reservations by key, and limits that amendments move."""

    agency: Agency
    terms: Terms
    number = 0

    def __init__(self) -> None:
        super().__init__()
        # A license number of its own for each sequence: counters start at nothing.
        Quota.number += 1
        number = f"MODEL-{Quota.number}"
        self.limits = replace(self.terms, number=number, version=1)
        self.held: dict[str, Held] = {}
        self.scope = scope(self.agency.pk)
        self.scope.__enter__()

    def teardown(self) -> None:
        assert prove(self.agency) == []
        self.scope.__exit__(None, None, None)

    def key(self, name: str) -> str:
        return f"{self.limits.number}:{name}"

    def taken(self, period: str) -> int:
        """What the model says is used and reserved of a month, the term or beyond."""
        return sum(
            one.quantity
            for one in self.held.values()
            if one.state in ("reserved", "committed")
            and (one.overage if period == "overage" else not one.overage)
            and period in (one.month, "term", "overage")
        )

    @initialize(month=LIMITS, term=LIMITS, beyond=LIMITS)
    def begin(self, month: int | None, term: int | None, beyond: int | None) -> None:
        self.amend(month, term, beyond)

    @rule(month=LIMITS, term=LIMITS, beyond=LIMITS)
    def amend(self, month: int | None, term: int | None, beyond: int | None) -> None:
        self.limits = replace(
            self.limits,
            version=self.limits.version + 1,
            searches_per_month=month,
            searches_per_term=term,
            overage_allowed=beyond is not None,
            overage_cap=beyond,
        )

    @rule(name=KEYS, quantity=st.integers(1, 3), months=st.integers(0, 2))
    def reserve(self, name: str, quantity: int, months: int) -> None:
        at = timezone.now() + timedelta(days=31 * months)
        month = f"{self.limits.local_day(at):%Y-%m}"
        try:
            made = quota.reserve(
                terms=self.limits,
                kind=Kind.SEARCH,
                quantity=quantity,
                key=self.key(name),
                purpose=Purpose.MISSING_PERSON,
                at=at,
            )
        except Fault as fault:
            assert fault.code == "quota_used_up"
            assert name not in self.held
            assert not self.fits(month, quantity)
            assert not self.fits_beyond(quantity)
            return
        assert made.is_new == (name not in self.held)
        if made.is_new:
            within = self.fits(month, quantity)
            assert within or self.fits_beyond(quantity)
            self.held[name] = Held(quantity, month, overage=not within)

    def fits(self, month: str, quantity: int) -> bool:
        return all(
            limit is None or self.taken(period) + quantity <= limit
            for period, limit in (
                (month, self.limits.searches_per_month),
                ("term", self.limits.searches_per_term),
            )
        )

    def fits_beyond(self, quantity: int) -> bool:
        cap = self.limits.overage_cap
        return cap is not None and self.taken("overage") + quantity <= cap

    @rule(name=KEYS)
    def commit(self, name: str) -> None:
        one = self.held.get(name)
        try:
            quota.commit(key=self.key(name))
        except Fault as fault:
            assert fault.code == "reservation_ended"
            assert one is None or one.state in ("released", "expired")
        else:
            assert one is not None
            assert one.state in ("reserved", "committed")
            one.state = "committed"

    @rule(name=KEYS, state=st.sampled_from(["released", "expired"]))
    def end(self, name: str, state: str) -> None:
        one = self.held.get(name)
        act = quota.release if state == "released" else quota.expire
        ended = act(key=self.key(name))
        assert ended == (one is not None and one.state in ("reserved", state))
        if one is not None and one.state == "reserved":
            one.state = state

    @invariant()
    def the_database_says_the_same(self) -> None:
        rows = QuotaReservation.objects.filter(license_number=self.limits.number)
        found = {row.key: (row.quantity, row.period, row.overage, row.state) for row in rows}
        assert found == {
            self.key(name): (one.quantity, one.month, one.overage, one.state)
            for name, one in self.held.items()
        }
        for counter in QuotaCounter.objects.filter(license_number=self.limits.number):
            assert counter.used + counter.reserved == self.taken(counter.period)

    @invariant()
    def the_ledger_is_what_was_committed(self) -> None:
        entries = UsageEntry.objects.filter(license_number=self.limits.number)
        charged = sorted(entries.values_list("quantity", "period", "overage"))
        used = [one for one in self.held.values() if one.state == "committed"]
        assert charged == sorted((one.quantity, one.month, one.overage) for one in used)


def test_no_sequence_breaks_the_invariants(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> None:
    with django_db_blocker.unblock(), committed_agency() as agency:
        make_license(agency)
        with scope(agency.pk):
            terms = usable_terms(agency.pk, timezone.now())
        values: dict[str, Any] = {"agency": agency, "terms": terms}
        machine = type("QuotaOfOneAgency", (Quota,), values)
        run_state_machine_as_test(
            machine,
            settings=settings(
                max_examples=30,
                stateful_step_count=25,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
