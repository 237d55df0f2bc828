"""Taking a request: from the public page, or by hand when it came another way."""

import secrets
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac

from accounts.actor import Actor
from accounts.models import Agency, NotificationKind
from accounts.permissions import Permission
from oversight.faults import Fault
from oversight.models import RequestLink, SubjectRequest
from oversight.models.request_words import Channel, Reach, RequestKind
from oversight.public_access import hash_of
from oversight.request_mails import send_link, tell_handlers
from oversight.services.requests.common import tidy
from oversight.services.requests.deadlines import due_on
from portal.audit.actions import Action
from portal.audit.recorder import record

# Without letters that look alike.
ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person asks for, in their words. There is no place for a picture."""

    kind: str
    name: str
    reach: str
    address: str
    language: str
    other_names: str = ""
    born: str = ""
    occasion: str = ""
    about: str = ""
    for_another: bool = False


@dataclass(frozen=True, slots=True)
class Taken:
    """A request, and the secret of its link, which is kept nowhere."""

    request: SubjectRequest
    token: str


def token_of(agency_id: int, submission_key: UUID) -> str:
    """The secret of a form: sent twice, it leads to the same request."""
    seed = f"{agency_id}:{submission_key}"
    mac = salted_hmac("oversight.request", seed, secret=settings.SECRET_KEY, algorithm="sha256")
    return mac.hexdigest()


def take_request(*, actor: Actor, agency: Agency, asked: Asked, submission_key: UUID) -> Taken:
    """Take what was sent by the public page. Raises Fault, and then keeps nothing."""
    token = token_of(agency.pk, submission_key)
    return _once(actor, agency, asked, Channel.PAGE, timezone.now(), token)


def enter_request(
    *,
    actor: Actor,
    agency: Agency,
    asked: Asked,
    channel: Channel,
    received_at: datetime,
    submission_key: UUID,
) -> Taken:
    """Enter a request that came by post or another way; the month runs from its receipt."""
    actor.require(Permission.HANDLE_REQUESTS)
    now = timezone.now()
    if not now - timedelta(days=366) <= received_at <= now + timedelta(seconds=30):
        raise Fault("request_received_wrong")
    token = token_of(agency.pk, submission_key)
    return _once(actor, agency, asked, channel, received_at, token)


def _once(
    actor: Actor, agency: Agency, asked: Asked, channel: Channel, at: datetime, token: str
) -> Taken:
    asked = _cleaned(asked)
    try:
        with transaction.atomic():
            if found := _earlier(token, asked):
                return Taken(found, token)
            return Taken(_keep(actor, agency, asked, channel, at, token), token)
    except IntegrityError:  # the other of two at once was faster
        if found := _earlier(token, asked):
            return Taken(found, token)
        raise


def _cleaned(asked: Asked) -> Asked:
    values: dict[str, Any] = {one.name: getattr(asked, one.name) for one in fields(asked)}
    values |= {name: tidy(text) for name, text in values.items() if isinstance(text, str)}
    asked = Asked(**values)
    if asked.kind not in RequestKind.values or asked.reach not in Reach.values:
        raise Fault("request_order")
    if not asked.name or not asked.address:
        raise Fault("request_address_missing")
    if asked.reach == Reach.EMAIL:
        try:
            validate_email(asked.address)
        except ValidationError as error:
            raise Fault("request_address_missing") from error
    return asked


def _earlier(token: str, asked: Asked) -> SubjectRequest | None:
    """The request that this form has made already. Raises Fault when it said something else."""
    links = RequestLink.objects.select_related("request")
    link = links.filter(token_hash=hash_of(token)).first()
    if link is None:
        return None
    request: SubjectRequest = link.request
    if any(getattr(request, one.name) != getattr(asked, one.name) for one in fields(asked)):
        raise Fault("submission_conflict")
    return request


def _keep(
    actor: Actor, agency: Agency, asked: Asked, channel: Channel, at: datetime, token: str
) -> SubjectRequest:
    row = SubjectRequest(
        number=_number(), channel=channel, received_at=at, due_on=due_on(agency, at)
    )
    for one in fields(asked):
        setattr(row, one.name, getattr(asked, one.name))
    row.save(force_insert=True)
    RequestLink.objects.create(request=row, token_hash=hash_of(token))
    record(actor, Action.REQUEST_RECEIVED, row, {"kind": row.kind, "channel": str(channel)})
    tell_handlers(row, NotificationKind.REQUEST_RECEIVED)
    if channel == Channel.PAGE and row.reach == Reach.EMAIL:
        send_link(agency, row, "received")
    return row


def _number() -> str:
    """Says nothing about how many requests there are."""
    drawn = "".join(secrets.choice(ALPHABET) for _ in range(8))
    return f"R-{drawn[:4]}-{drawn[4:]}"
