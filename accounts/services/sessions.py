"""What the record keeps of log-ins and of the choice of agency."""

from dataclasses import replace
from typing import Any

from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db import transaction
from django.dispatch import receiver
from django.http import HttpRequest

from accounts.actor import Actor
from accounts.login.records import methods_of
from accounts.models import Agency, User
from accounts.services.locking import note_failure
from accounts.services.own_acts import record_own_act
from portal.audit.actions import Action
from portal.audit.recorder import record
from portal.http import source_of


def _person(user: User | None, label: str, request: HttpRequest | None) -> Actor:
    source = source_of(request) if request is not None else "command"
    return Actor(user.pk if user else None, label, None, frozenset(), source)


@receiver(user_logged_in)
def record_login(request: HttpRequest, user: User, **kwargs: Any) -> None:
    methods = {"methods": methods_of(request, user)}
    record_own_act(_person(user, user.email, request), Action.LOGIN, user, methods)


@receiver(user_logged_out)
def record_logout(request: HttpRequest, user: User | None, **kwargs: Any) -> None:
    if user is not None:
        record_own_act(_person(user, user.email, request), Action.LOGOUT, user)


@receiver(user_login_failed)
@transaction.atomic
def record_failure(credentials: dict[str, Any], request: HttpRequest | None, **kwargs: Any) -> None:
    """Count and record it with one commit, whose duration tells nothing of the address."""
    email = str(credentials.get("email") or credentials.get("username") or "")
    label = str(credentials.get("email", ""))[:254]
    actor = _person(None, label, request)
    note_failure(email=email, source=actor.source)
    record(actor, Action.LOGIN_FAILED, data={"step": "password"})


@transaction.atomic
def switch_agency(*, actor: Actor, agency: Agency) -> None:
    """Record in the agency entered that a member now works there."""
    record(replace(actor, agency_id=agency.pk), Action.AGENCY_SWITCHED, agency)
