"""Mails when most of a limit is used: each threshold of a limit once for each period.

A limit of another size is another limit: when it is raised, its thresholds are told anew.
"""

import logging
from smtplib import SMTPException

from django.db import transaction
from django.utils import timezone

from accounts.actor import system_actor
from accounts.agency_states import WORKING
from accounts.mails import send_usage_warning
from accounts.models import Agency, Membership, NotificationKind, Role, UsageWarning, User
from accounts.services.telling import notify
from accounts.usage import WARN_AT, Limit, allowance
from portal.audit.actions import Action
from portal.audit.recorder import record
from portal.tenancy import platform_scope, scope

logger = logging.getLogger(__name__)


def warn_all() -> int:
    """Send what is due in every working agency; returns how many warnings that were."""
    with platform_scope():
        agencies = list(Agency.objects.filter(state__in=WORKING))
    return sum(warn_agency(agency) for agency in agencies)


def warn_agency(agency: Agency) -> int:
    """Send what is due in one agency. A mail server that is away delays, and loses nothing."""
    sent = 0
    with scope(agency.pk):
        found = allowance(agency.pk, timezone.now())
        for limit in found.warnings:
            number = found.terms.number if found.terms else ""
            try:
                sent += _warn(agency, number, limit)
            except (OSError, SMTPException) as error:
                kind = type(error).__name__
                logger.warning("Agency %s: no usage warning sent (%s)", agency.pk, kind)
    return sent


@transaction.atomic
def _warn(agency: Agency, license_number: str, limit: Limit) -> bool:
    """Send the warning of the highest threshold reached; those below it come too late."""
    new = False
    for percent in WARN_AT:
        if percent > (limit.warning or 0):
            break
        _row, new = UsageWarning.objects.get_or_create(
            license_number=license_number,
            kind=limit.kind,
            period=limit.period,
            percent=percent,
            allowed=limit.allowed or 0,
        )
    if not new:
        return False
    facts = {"kind": limit.kind.value, "period": limit.period, "percent": limit.warning}
    record(system_actor("usage", agency.pk), Action.USAGE_WARNED, agency, facts)
    notify(admins(), NotificationKind.LICENSE_LIMIT, agency)
    for address, language in who_can_act(agency):
        send_usage_warning(agency, limit, address, language)
    return True


def admins() -> list[User]:
    """The admins of the current agency who work there."""
    working = Membership.objects.filter(deactivated_at=None, user__is_active=True)
    rows = working.filter(roles__contains=[Role.ADMIN]).select_related("user")
    return [row.user for row in rows]


def who_can_act(agency: Agency) -> list[tuple[str, str]]:
    """Address and language of those who can act: the agency's admins and its contact, each once."""
    people = {admin.email: admin.language for admin in admins()}
    if agency.contact_email and agency.contact_email not in people:
        contact = User.objects.filter(email=agency.contact_email).first()
        people[agency.contact_email] = contact.language if contact else ""
    return list(people.items())
