"""What people do with their own log-in, in the record of every agency that it opens."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.db import transaction

from accounts.actor import Actor
from accounts.models import User
from accounts.services.locking import agencies_of
from portal.audit.actions import Action
from portal.audit.recorder import record


@transaction.atomic
def record_own_act(
    actor: Actor, action: Action, user: User, data: Mapping[str, Any] | None = None
) -> None:
    """One entry in the platform's record and one in that of each of the person's agencies.

    A log-in opens all of them: each agency's auditors see when, from where and by what proof.
    """
    agencies: list[int | None] = [None, *agencies_of(user)]
    for agency_id in agencies:
        record(replace(actor, agency_id=agency_id), action, user, data)
