"""Pictures leave the API by signed addresses only, which live for two minutes.

An address names the kind of picture, which one, and the token that asked for it: neither a secret
nor a key of the file store. Whoever has it needs no Authorization header, so it is judged anew when
it is fetched, by what the token and its owner may do at that moment.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.core import signing
from django.db.models import Model
from django.urls import reverse
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from accounts.actor import Actor
from accounts.faults import Fault
from accounts.models import User
from accounts.rest.authentication import enter
from accounts.rest.problems import Problem
from accounts.services.tokens import token_by_id
from portal.audit.actions import Action
from portal.audit.recorder import record

LIFE = timedelta(seconds=120)
SALT = "accounts.rest.signed"


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that an actor may have: how it is made, and what the record says of a look at it.

    `make` raises Http404 for one that is gone.
    """

    make: Callable[[], bytes]
    action: Action
    subject: Model
    facts: Mapping[str, Any] = field(default_factory=dict)
    media_type: str = "image/jpeg"

    def taken(self, actor: Actor) -> bytes:
        """The picture for this actor, and an entry in the record."""
        data = self.make()
        record(actor, self.action, self.subject, dict(self.facts))
        return data


# Asks whether the actor may have the picture of that name: Http404, PermissionDenied or Problem.
Kind = Callable[[Actor, str], Picture]
KINDS: dict[str, Kind] = {}


def picture_kind(name: str) -> Callable[[Kind], Kind]:
    """Makes a kind of picture known by that name."""

    def decorate(kind: Kind) -> Kind:
        if name in KINDS:
            raise ValueError(name)
        KINDS[name] = kind
        return kind

    return decorate


@dataclass(frozen=True, slots=True)
class Asked:
    """What an address says."""

    kind: str
    name: str
    agency: int
    token: int


@dataclass(frozen=True, slots=True)
class Address:
    url: str
    expires_at: datetime


def address_of(request: Request, kind: str, name: str) -> Address:
    """An address for whom the request speaks, who may have the picture now. Raises as a Kind."""
    inner: Any = request._request
    KINDS[kind](inner.actor, name)
    expires = timezone.now().replace(microsecond=0) + LIFE
    asked = [kind, name, inner.agency.pk, inner.token.pk]
    path = reverse("api_picture", args=[signing.dumps(asked, salt=SALT)])
    return Address(request.build_absolute_uri(path), expires)


def read(signed: str) -> Asked:
    """What one of our addresses says. Raises Fault for any other, and for one that is too old."""
    try:
        return Asked(*signing.loads(signed, salt=SALT, max_age=LIFE))
    except signing.SignatureExpired as error:
        raise Fault("picture_address_expired") from error
    except signing.BadSignature as error:
        raise Fault("picture_address_invalid") from error


class AddressAuthentication(BaseAuthentication):
    """The address alone says who asks; anything wrong with it is 403, for no header helps."""

    def authenticate(self, request: Request) -> tuple[User, Any]:
        inner: Any = request._request
        try:
            asked = read(request.parser_context["kwargs"]["signed"])
            user = enter(inner, token_by_id(asked.agency, asked.token))
        except Fault as fault:
            raise Problem(403, fault) from fault
        inner.asked = asked
        return user, inner.token
