"""The demo agency and the people who work in it."""

import os
import secrets
from decimal import Decimal
from pathlib import Path

from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.utils import timezone

from accounts.access import agency_by_slug, memberships_of
from accounts.actor import command_actor
from accounts.licensing import current_terms
from accounts.models import Agency, AgencyState, Role, User
from accounts.purposes import Purpose, SourceKind
from accounts.services.agencies import add_member, create_agency
from accounts.services.licenses.drafting import draft_license
from accounts.services.licenses.signing import sign_version
from portal.demo.billing import bill
from portal.tenancy import scope

SLUG = "demo"
NAME = "Demo Agency"
PEOPLE: list[tuple[str, str, list[Role]]] = [
    ("analyst@demo.example", "Ana Analyst", [Role.ANALYST]),
    ("examiner@demo.example", "Eli Examiner", [Role.EXAMINER]),
    ("examiner2@demo.example", "Ema Examiner", [Role.EXAMINER]),
    ("supervisor@demo.example", "Sue Supervisor", [Role.SUPERVISOR]),
    ("auditor@demo.example", "Otto Auditor", [Role.AUDITOR]),
    ("admin@demo.example", "Ada Admin", [Role.ADMIN]),
]


def demo_agency(password: str, app_secret: str) -> Agency:
    """The demo agency with its people; made when it is not there yet.

    All share a password and the secret (base32) of one authenticator app.
    """
    agency = agency_by_slug(SLUG)
    if agency is None:
        agency = create_agency(
            actor=command_actor("demo", None), name=NAME, slug=SLUG, state=AgencyState.ACTIVE
        )
    with scope(agency.pk):
        licensed = current_terms(agency.pk, timezone.now()) is not None
    if not licensed:
        _license(agency)
    bill(agency)
    for email, name, roles in PEOPLE:
        user = User.objects.filter(email=email).first()
        if user is not None and any(a.pk == agency.pk for a, _ in memberships_of(user)):
            continue
        member = add_member(
            actor=command_actor("demo", agency.pk),
            agency=agency,
            email=email,
            name=name,
            roles=roles,
            password=password,
        )
        TOTP.activate(member.user, app_secret)
    return agency


def _license(agency: Agency) -> None:
    """A year, with limits that a demo does not reach."""
    operator = command_actor("demo", None)
    draft = draft_license(
        actor=operator,
        agency=agency,
        amount=Decimal(12_000),
        currency="USD",
        seats=25,
        searches_per_month=1000,
        searches_per_term=10_000,
        faces=1_000_000,
        purposes=Purpose.values,
        source_kinds=SourceKind.values,
        impact_assessment_id="DEMO",
        registration_id="DEMO",
    )
    sign_version(actor=operator, version=draft)


def demo_password(var: Path) -> str:
    """The demo's log-in password: random for every installation, so that none can be guessed."""
    return _kept(var / "demo" / "password", "-".join(secrets.token_hex(2) for _ in range(4)))


def demo_app_secret(var: Path) -> str:
    """The secret of the demo people's authenticator app, in base32."""
    return _kept(var / "demo" / "app-secret", generate_totp_secret())


def _kept(path: Path, fresh: str) -> str:
    """What the file says; the fresh text, written to it, when there is no such file."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(fresh)
    return path.read_text()
