"""One e-mail for all that waits, to people who have chosen that: numbers and links, as on the home.

Each once a day or week, however often the clock asks, and none when nothing waits.
"""

import logging
from datetime import date, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts.access import actor_of
from accounts.actor import system_actor
from accounts.agency_states import WORKING
from accounts.home import Tone
from accounts.home_page import Part, here_of, parts_for
from accounts.models import Agency, Digest, Membership
from portal.audit.actions import Action
from portal.audit.recorder import record
from portal.post import send_soon
from portal.tenancy import platform_scope, scope

logger = logging.getLogger(__name__)

FROM_HOUR = 7
"""By the agency's clock; before it nothing is sent."""


def send_all() -> int:
    """Send what is due in every working agency; returns how many mails that were."""
    with platform_scope():
        agencies = list(Agency.objects.filter(state__in=WORKING))
    return sum(send_digests(agency) for agency in agencies)


def send_digests(agency: Agency) -> int:
    """Send what is due in one agency."""
    zone = ZoneInfo(agency.time_zone)
    now = timezone.now().astimezone(zone)
    if now.hour < FROM_HOUR:
        return 0
    with scope(agency.pk), timezone.override(zone):
        return sum(_digest(agency, member, now.date()) for member in _due(now.date()))


def _due(today: date) -> list[Membership]:
    """Who wants a digest, can log in and has not got today's, or this week's."""
    monday = today - timedelta(days=today.weekday())
    members = Membership.objects.filter(
        deactivated_at=None, user__is_active=True, user__locked_at=None, user__disabled_at=None
    ).exclude(user__digest=Digest.EACH)
    return [
        member
        for member in members.select_related("user")
        if member.digested_on is None
        or member.digested_on < (monday if member.user.digest == Digest.WEEKLY else today)
    ]


@transaction.atomic
def _digest(agency: Agency, member: Membership, today: date) -> bool:
    """Whether a mail goes to this person, once that is committed."""
    before = Membership.objects.filter(pk=member.pk, digested_on=member.digested_on)
    if not before.update(digested_on=today):
        return False  # another clock was faster
    with translation.override(member.user.language or None):
        here = here_of(actor_of(member.user, agency, member, ""), agency)
        waiting = [(part, figures) for part in parts_for(here) if (figures := _waiting(part))]
        if not waiting:
            return False
        base = settings.BASE_URL
        context = {"agency": agency.name, "parts": waiting, "base": base}
        text = render_to_string(
            "accounts/mails/digest.txt", {**context, "account": base + reverse("account")}
        )
        subject = _("Candor: what waits for you")
    number = sum(len(figures) for _part, figures in waiting)
    record(system_actor("digests", agency.pk), Action.DIGEST_SENT, member, {"figures": number})
    message = EmailMessage(subject, text, settings.DEFAULT_FROM_EMAIL, [member.user.email])
    transaction.on_commit(partial(send_soon, message))
    return True


def _waiting(part: Part) -> list[object]:
    """The figures of a part that want something."""
    return [one for one in part.figures if one.tone != Tone.PLAIN and not one.is_none]
