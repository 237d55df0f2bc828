"""What the record keeps of second factors, and the way back for somebody who lost them all."""

from typing import Any

from allauth.core import context
from allauth.mfa import signals
from allauth.mfa.models import Authenticator
from django.db import transaction
from django.db.models import F
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver
from django.http import HttpRequest

from accounts.actor import Actor
from accounts.faults import Fault
from accounts.login.records import note_factor
from accounts.mails import tell_of_security
from accounts.models import Membership, User
from accounts.permissions import Permission
from accounts.services.locking import note_failure
from accounts.services.own_acts import record_own_act
from portal.audit.actions import Action
from portal.audit.recorder import record
from portal.http import source_of


def _person(user: User) -> Actor:
    request = context.request
    source = source_of(request) if request is not None else "command"
    return Actor(user.pk, user.email, None, frozenset(), source)


@receiver(post_save, sender=Authenticator)
def record_added(instance: Authenticator, created: bool, **kwargs: Any) -> None:
    """In the transaction that writes the factor."""
    if not created:
        return
    user, kind, request = instance.user, instance.type, context.request
    record_own_act(_person(user), Action.FACTOR_ADDED, user, {"type": kind})
    if kind != Authenticator.Type.RECOVERY_CODES and request and request.user == user:
        # Who has just set a factor up has used it, and need not log in again.
        note_factor(request, user, kind)


@receiver(post_delete, sender=Authenticator)
def record_removed(instance: Authenticator, **kwargs: Any) -> None:
    user = instance.user
    record_own_act(_person(user), Action.FACTOR_REMOVED, user, {"type": instance.type})


@receiver(signals.authentication_failed)
def record_wrong_code(request: HttpRequest, user: User, **kwargs: Any) -> None:
    record_own_act(_person(user), Action.LOGIN_FAILED, user, {"step": "second factor"})
    note_failure(email=user.email, source=source_of(request))


@transaction.atomic
def reset_factors(*, actor: Actor, membership: Membership) -> int:
    """Take away all factors of a member who lost them; their sessions end. Returns how many.

    At the next log-in the password leads to the set-up of a new factor. Raises Fault.
    """
    actor.require(Permission.MANAGE_PEOPLE)
    if membership.user_id == actor.user_id:
        raise Fault("own_factors")
    user = User.objects.select_for_update().get(pk=membership.user_id)
    rows = Authenticator.objects.filter(user=user)
    kinds = sorted({str(kind) for kind in rows.values_list("type", flat=True)})
    # One statement: the record tells of one act of the admin, not of removals by the person.
    count = int(rows._raw_delete(rows.db))
    if not count:
        raise Fault("no_factors")
    User.objects.filter(pk=user.pk).update(session_epoch=F("session_epoch") + 1)
    record(actor, Action.FACTORS_RESET, membership, {"types": kinds})
    tell_of_security(user, "factors_reset", source=actor.source)
    return count
