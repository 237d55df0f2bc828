"""The license with which an agency on trial works from the first minute."""

from datetime import timedelta
from decimal import Decimal

from django.utils import timezone

from accounts.actor import Actor
from accounts.licensing import local_day
from accounts.models import Agency, LicenseVersion
from accounts.purposes import Purpose, SourceKind
from accounts.services.licenses.drafting import draft_license
from accounts.services.licenses.signing import sign_version

# The database refuses a trial of more than 31 days.
DAYS = 30
SEATS = 5
SEARCHES = 50
FACES = 10_000


def give_trial_license(*, actor: Actor, agency: Agency) -> LicenseVersion:
    """A signed license of DAYS days for nothing, from today on in the agency's time zone."""
    today = local_day(timezone.now(), agency.time_zone)
    draft = draft_license(
        actor=actor,
        agency=agency,
        trial=True,
        amount=Decimal(0),
        currency="USD",
        starts_on=today,
        ends_on=today + timedelta(days=DAYS - 1),
        seats=SEATS,
        searches_per_term=SEARCHES,
        faces=FACES,
        purposes=Purpose.values,
        source_kinds=SourceKind.values,
    )
    return sign_version(actor=actor, version=draft)
