"""What people change about themselves. It belongs to them and to no agency."""

from dataclasses import replace

from django.db import transaction

from accounts.actor import Actor
from accounts.mails import tell_of_security
from accounts.models import User
from accounts.services.own_acts import record_own_act
from portal.audit.actions import Action
from portal.audit.recorder import record


@transaction.atomic
def update_account(*, actor: Actor, user: User, **values: str) -> User:
    """Change name, language or time zone. Raises ValidationError on bad values."""
    changed = sorted(name for name, value in values.items() if getattr(user, name) != value)
    if not changed:
        return user
    for name in changed:
        setattr(user, name, values[name])
    user.clean_fields(exclude=["password"])
    user.save(update_fields=changed)
    record(replace(actor, agency_id=None), Action.ACCOUNT_CHANGED, user, {"fields": changed})
    return user


@transaction.atomic
def change_password(*, actor: Actor, user: User, password: str) -> User:
    """Set a password that was validated; the person's other sessions end by it."""
    user.set_password(password)
    user.save(update_fields=["password"])
    record_own_act(actor, Action.PASSWORD_CHANGED, user)
    tell_of_security(user, "password_changed", source=actor.source)
    return user
