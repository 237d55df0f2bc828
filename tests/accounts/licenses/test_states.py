"""States of licenses over days, time zones and acts, and which license counts."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone

from accounts.faults import Fault
from accounts.licensing import LicenseState, current_terms, usable_terms
from accounts.models import Agency, AgencyState, License, LicenseAct
from accounts.purposes import Purpose
from accounts.services.agencies import create_agency
from accounts.services.licenses import trial
from accounts.services.licenses.acts import resume, suspend, terminate
from accounts.services.licenses.drafting import renew
from accounts.services.licenses.signing import sign_version
from portal.tenancy import platform_scope, scope
from tests.accounts.licenses.cast import OPERATOR, REASON, S, reference, state
from tests.factories import make_license

EACH_TEST_ALONE = True

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        # Los Angeles is seven hours behind UTC in September.
        (datetime(2020, 9, 5, 6, 59, 59, tzinfo=UTC), S.PENDING),
        (datetime(2020, 9, 5, 7, 0, tzinfo=UTC), S.ACTIVE),
        (datetime(2021, 3, 1, tzinfo=UTC), S.ACTIVE),
        (datetime(2021, 9, 5, 6, 59, 59, tzinfo=UTC), S.ACTIVE),
        (datetime(2021, 9, 5, 7, 0, tzinfo=UTC), S.GRACE),
        (datetime(2021, 9, 15, 6, 59, 59, tzinfo=UTC), S.GRACE),
        (datetime(2021, 9, 15, 7, 0, tzinfo=UTC), S.EXPIRED),
    ],
)
def test_the_reference_license_is_active_inside_its_days_only(
    cedar: Agency, at: datetime, expected: LicenseState
) -> None:
    reference(cedar, grace_days=10)
    assert state(cedar, at) == expected


def test_without_grace_a_license_ends_with_its_last_day(cedar: Agency) -> None:
    reference(cedar)
    assert state(cedar, datetime(2021, 9, 5, 7, tzinfo=UTC)) == S.EXPIRED


def test_the_same_moment_is_another_day_elsewhere(cedar: Agency, alder: Agency) -> None:
    moment = datetime(2020, 9, 5, 1, tzinfo=UTC)
    kiri = create_agency(
        actor=OPERATOR,
        name="Kiri",
        slug="kiri",
        time_zone="Pacific/Kiritimati",
        state=AgencyState.ACTIVE,
    )
    reference(cedar)
    reference(kiri)
    assert (state(cedar, moment), state(kiri, moment)) == (S.PENDING, S.ACTIVE)


def test_acts_suspend_resume_and_end(alder: Agency) -> None:
    license = make_license(alder, grace_days=5).license
    with platform_scope():
        other = License.objects.filter(agency=alder).exclude(pk=license.pk)
        for one in other:
            terminate(actor=OPERATOR, license=one, reason=REASON)
    assert state(alder, timezone.now()) == S.ACTIVE
    suspend(actor=OPERATOR, license=license, reason=REASON)
    assert state(alder, timezone.now()) == S.SUSPENDED
    later = timezone.now() + timedelta(days=3)
    resume(actor=OPERATOR, license=license, reason=REASON, effective_at=later)
    assert state(alder, later - timedelta(seconds=1)) == S.SUSPENDED
    assert state(alder, later) == S.ACTIVE
    end = later + timedelta(days=1)
    terminate(actor=OPERATOR, license=license, reason=REASON, effective_at=end)
    assert (state(alder, later), state(alder, end)) == (S.ACTIVE, S.TERMINATED)
    with pytest.raises(Fault, match="license_terminated"):
        suspend(actor=OPERATOR, license=license, reason=REASON)


def test_acts_follow_each_other_and_have_reasons(alder: Agency) -> None:
    license = make_license(alder).license
    past = timezone.now() - timedelta(minutes=1)
    for act, reason, at, code in (
        (resume, REASON, None, "license_act_refused"),
        (suspend, "no", None, "reason_too_short"),
        (suspend, REASON, past, "license_act_too_early"),
        (terminate, REASON, past, "license_act_too_early"),
    ):
        with pytest.raises(Fault, match=code):
            act(actor=OPERATOR, license=license, reason=reason, effective_at=at)
    suspend(actor=OPERATOR, license=license, reason=REASON)
    with pytest.raises(Fault, match="license_act_refused"):
        suspend(actor=OPERATOR, license=license, reason=REASON)
    with platform_scope():
        assert LicenseAct.objects.count() == 1


def number_at(agency: Agency, at: datetime) -> str:
    with scope(agency.pk):
        terms = current_terms(agency.pk, at)
    assert terms is not None
    return terms.number


def test_a_renewal_counts_from_its_first_day_though_they_overlap(cedar: Agency) -> None:
    first = reference(cedar, number="L-1", grace_days=30)
    draft = renew(actor=OPERATOR, license=first.license, starts_on=date(2021, 8, 1))
    assert (draft.starts_on, draft.ends_on) == (date(2021, 8, 1), date(2022, 7, 31))
    assert (draft.purchase_order, draft.seats) == ("", 40)
    second = sign_version(actor=OPERATOR, version=draft).license
    assert second.renews_id == first.license_id
    assert number_at(cedar, datetime(2021, 7, 31, 12, tzinfo=UTC)) == "L-1"
    assert number_at(cedar, datetime(2021, 8, 1, 12, tzinfo=UTC)) == second.number
    assert number_at(cedar, datetime(2021, 9, 20, 12, tzinfo=UTC)) == second.number


def test_renewals_follow_on_without_a_gap(cedar: Agency) -> None:
    draft = renew(actor=OPERATOR, license=reference(cedar).license)
    assert (draft.starts_on, draft.ends_on) == (date(2021, 9, 5), date(2022, 9, 4))
    assert (draft.version, draft.is_signed) == (1, False)


def test_while_a_renewal_is_suspended_the_older_one_counts(cedar: Agency) -> None:
    first = make_license(cedar, number="L-1")
    today = first.starts_on + timedelta(days=30)
    second = make_license(cedar, number="L-2", starts_on=today)
    assert number_at(cedar, timezone.now()) == "L-2"
    suspend(actor=OPERATOR, license=second.license, reason=REASON)
    assert number_at(cedar, timezone.now()) == "L-1"
    suspend(actor=OPERATOR, license=first.license, reason=REASON)
    with scope(cedar.pk), pytest.raises(Fault, match="license_suspended"):
        usable_terms(cedar.pk, timezone.now())


def test_a_bought_license_counts_before_a_trial(alder: Agency) -> None:
    assert number_at(alder, timezone.now()).startswith("L-")


def test_an_agency_on_trial_can_work_at_once_within_narrow_limits(db: None) -> None:
    agency = create_agency(actor=OPERATOR, name="Fir", slug="fir")
    with scope(agency.pk):
        terms = usable_terms(agency.pk, timezone.now())
    assert terms.trial
    assert (terms.seats, terms.searches_per_term, terms.faces) == (
        trial.SEATS,
        trial.SEARCHES,
        trial.FACES,
    )
    assert terms.purposes == set(Purpose.values)
    assert (terms.ends_on - terms.starts_on).days == trial.DAYS - 1
    assert state(agency, timezone.now() + timedelta(days=trial.DAYS)) == S.EXPIRED
    with platform_scope():
        license = License.objects.get()
    with pytest.raises(Fault, match="license_trial_not_renewed"):
        renew(actor=OPERATOR, license=license)


def test_an_active_agency_without_a_license_may_do_nothing(cedar: Agency) -> None:
    with scope(cedar.pk):
        assert current_terms(cedar.pk, timezone.now()) is None
        with pytest.raises(Fault, match="license_missing"):
            usable_terms(cedar.pk, timezone.now())
