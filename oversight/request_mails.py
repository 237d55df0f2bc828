"""Mails about requests: that there is something. Never what, never about whom.

The person's mails hold a link of their own; its secret is kept as a hash alone.
"""

import secrets
from functools import partial

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import Agency
from accounts.people_queries import people_with
from accounts.permissions import Permission
from oversight.models import RequestLink, SubjectRequest
from oversight.models.request_words import Reach
from oversight.public_access import hash_of
from oversight.rate_limits import BY_MAILBOX, is_within
from portal.post import send_soon


def tell_handlers(notice: str) -> None:
    """Tell them that a request came (received), is due (soon), is overdue, or waits (erasure)."""
    link = settings.BASE_URL + reverse("requests")
    for user in people_with(Permission.HANDLE_REQUESTS):
        with translation.override(user.language or None):
            subject = str(_subject(notice))
            text = render_to_string("oversight/mails/handlers.txt", {"link": link})
        _post(subject, text, user.email)


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
    _post(subject, text, address)
    return True


def _post(subject: str, text: str, address: str) -> None:
    message = EmailMessage(subject, text, settings.DEFAULT_FROM_EMAIL, [address])
    transaction.on_commit(partial(send_soon, message))


def _subject(notice: str) -> str:
    if notice == "received":
        return _("Candor: a request came in")
    if notice == "overdue":
        return _("Candor: a request is overdue")
    if notice == "erasure":
        return _("Candor: an erasure is due")
    if notice == "message":
        return _("Candor: there is a message on a request")
    return _("Candor: a request is due soon")
