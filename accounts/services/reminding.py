"""Mails before a training certificate ends: each once, however often the clock asks."""

import logging
from datetime import timedelta
from smtplib import SMTPException

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from accounts.actor import system_actor
from accounts.agency_states import WORKING
from accounts.certificates import today_in
from accounts.models import (
    Agency,
    CertificateReminder,
    Membership,
    NotificationKind,
    Role,
    TrainingCertificate,
    User,
)
from accounts.services.telling import at_once, tell
from portal.audit.actions import Action
from portal.audit.recorder import record
from portal.days import day_in_words
from portal.tenancy import platform_scope, scope

logger = logging.getLogger(__name__)

DAYS_BEFORE = (30, 7, 1)


def remind_all() -> int:
    """Send what is due in every working agency; returns how many certificates that were."""
    with platform_scope():
        agencies = list(Agency.objects.filter(state__in=WORKING))
    return sum(remind_agency(agency) for agency in agencies)


def remind_agency(agency: Agency) -> int:
    """Send what is due in one agency. A mail server that is away delays, and loses nothing."""
    today = today_in(agency)
    sent = 0
    with scope(agency.pk):
        later = TrainingCertificate.objects.filter(
            user_id=OuterRef("user_id"),
            activity=OuterRef("activity"),
            withdrawn_at=None,
            valid_until__gt=OuterRef("valid_until"),
        )
        ending = TrainingCertificate.objects.filter(
            ~Exists(later),
            withdrawn_at=None,
            valid_until__range=(today, today + timedelta(days=max(DAYS_BEFORE))),
        )
        for certificate in ending.select_related("user").prefetch_related("reminders"):
            try:
                sent += _remind(agency, certificate, (certificate.valid_until - today).days)
            except (OSError, SMTPException) as error:
                kind = type(error).__name__
                logger.warning("Certificate %s: no reminder sent (%s)", certificate.pk, kind)
    return sent


@transaction.atomic
def _remind(agency: Agency, certificate: TrainingCertificate, left: int) -> bool:
    """Send the one reminder that fits the days left, and leave out those it came too late for."""
    reached = [days for days in DAYS_BEFORE if left <= days]
    noted = {row.days for row in certificate.reminders.all()}
    if min(reached) in noted:
        return False
    for days in reached:
        _row, new = CertificateReminder.objects.get_or_create(certificate=certificate, days=days)
        if days == min(reached) and not new:
            return False  # another clock was faster
    record(
        system_actor("certificates", agency.pk),
        Action.CERTIFICATE_REMINDED,
        certificate,
        {"days": min(reached)},
    )
    people, kind = _recipients(certificate), NotificationKind.CERTIFICATE_ENDS
    tell(people, kind, certificate, lambda: _words(certificate), post=at_once)
    return True


def _recipients(certificate: TrainingCertificate) -> list[User]:
    """The person and the agency's admins, as far as they still work there; each once."""
    working = Membership.objects.filter(deactivated_at=None, user__is_active=True)
    admins = working.filter(roles__contains=[Role.ADMIN]).select_related("user")
    own = working.filter(user_id=certificate.user_id).select_related("user")
    people = {member.user_id: member.user for member in [*own, *admins]}
    return list(people.values())


def _words(certificate: TrainingCertificate) -> tuple[str, str]:
    facts = {"title": certificate.title, "date": day_in_words(certificate.valid_until)}
    subject = _("A training certificate ends on %(date)s") % facts
    body = _(
        "The training certificate “%(title)s” is valid until %(date)s.\n\n"
        "Without a valid certificate, what needs the training cannot be done any more. "
        "An admin of your agency can enter a new certificate in Candor."
    )
    return subject, body % facts
