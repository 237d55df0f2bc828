"""Notices of requests: that there is something. Never what, never about whom.

The person's mails hold a link of their own; its secret is kept as a hash alone.
"""

import secrets

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import Agency, NotificationKind
from accounts.people_queries import people_with
from accounts.permissions import Permission
from accounts.services.telling import tell, when_committed
from oversight.models import RequestLink, SubjectRequest
from oversight.models.request_words import Reach
from oversight.public_access import hash_of
from oversight.rate_limits import BY_MAILBOX, is_within


def tell_handlers(request: SubjectRequest, kind: NotificationKind) -> None:
    """Tell them what of a request waits for them."""
    tell(people_with(Permission.HANDLE_REQUESTS), kind, request, lambda: _words(kind))


def send_link(agency: Agency, request: SubjectRequest, notice: str) -> bool:
    """Send the person a new link to the request, on commit; false where that cannot be.

    So many a day go to one mailbox: the form must not be a way to flood somebody else's.
    """
    if request.reach != Reach.EMAIL:
        return False
    address = request.address
    if notice == "received" and not is_within(BY_MAILBOX, agency.pk, address.lower()):
        return False
    token = secrets.token_urlsafe(32)
    RequestLink.objects.create(request=request, token_hash=hash_of(token), mailed=True)
    link = settings.BASE_URL + reverse("public_request", args=[agency.slug, token])
    with translation.override(request.language):
        subject = _("Your request")
        context = {"link": link, "received": notice == "received"}
        text = render_to_string("oversight/mails/person.txt", context)
    when_committed(EmailMessage(subject, text, settings.DEFAULT_FROM_EMAIL, [address]))
    return True


def _words(kind: NotificationKind) -> tuple[str, str]:
    link = settings.BASE_URL + reverse("requests")
    return _subject(kind), render_to_string("oversight/mails/handlers.txt", {"link": link})


def _subject(kind: NotificationKind) -> str:
    if kind == NotificationKind.REQUEST_RECEIVED:
        return _("Candor: a request came in")
    if kind == NotificationKind.REQUEST_OVERDUE:
        return _("Candor: a request is overdue")
    if kind == NotificationKind.REQUEST_ERASURE:
        return _("Candor: an erasure is due")
    if kind == NotificationKind.REQUEST_MESSAGE:
        return _("Candor: there is a message on a request")
    return _("Candor: a request is due soon")
