"""Two people of the platform at the same moment: numbers, signatures, acts."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from pytest_django.plugin import DjangoDbBlocker

from accounts.actor import command_actor
from accounts.faults import Fault
from accounts.models import Agency, LicenseAct, LicenseVersion
from accounts.services.licenses.acts import suspend, terminate
from accounts.services.licenses.drafting import amend
from accounts.services.licenses.signing import sign_version
from portal.tenancy import platform_scope
from tests.accounts.races import at_once, committed_agency
from tests.factories import make_license

EACH_TEST_ALONE = True

OPERATOR = command_actor("test", None)
REASON = "Unpaid since the month of May"


@pytest.fixture
def town(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Agency]:
    """An agency whose rows are committed."""
    with django_db_blocker.unblock(), committed_agency() as agency:
        yield agency


def test_licenses_entered_at_once_have_numbers_of_their_own(town: Agency) -> None:
    made = at_once(*[lambda: make_license(town)] * 6)
    versions = [one for one in made if isinstance(one, LicenseVersion)]
    assert len(versions) == 6, made
    assert len({one.license.number for one in versions}) == 6


def test_of_two_amendments_at_once_one_is_drafted(town: Agency) -> None:
    license = make_license(town).license
    day = license.made_at.date() + timedelta(days=1)
    made = at_once(
        *[
            lambda: amend(
                actor=OPERATOR, license=license, effective_on=day, change_note="More", seats=9
            )
        ]
        * 2
    )
    assert [one.code for one in made if isinstance(one, Fault)] == ["license_draft_open"]
    with platform_scope():
        assert LicenseVersion.objects.filter(license=license).count() == 2


def test_a_version_is_signed_once_and_a_license_ends_once(town: Agency) -> None:
    draft = make_license(town, sign=False)
    signed = at_once(*[lambda: sign_version(actor=OPERATOR, version=draft)] * 2)
    assert [one.code for one in signed if isinstance(one, Fault)] == ["license_signed"]
    for act, code in ((suspend, "license_act_refused"), (terminate, "license_terminated")):
        done = at_once(
            *[lambda act=act: act(actor=OPERATOR, license=draft.license, reason=REASON)] * 2
        )
        assert [one.code for one in done if isinstance(one, Fault)] == [code], done
    with platform_scope():
        kinds = LicenseAct.objects.filter(license=draft.license).values_list("kind", flat=True)
        assert list(kinds) == ["suspended", "terminated"]
