"""Zoe, who is invited to Alder."""

import re

import pytest
from django.core import mail

from accounts.actor import Actor
from accounts.faults import Fault
from accounts.models import Agency, Invitation, Membership
from accounts.services.invitations import invite_member
from accounts.services.joining import accept_with_password
from portal.audit.models import AuditEntry
from portal.tenancy import scope

NEW = "zoe@alder.example"
STRONG = "seven green lamps at noon"


def invited(admin: Actor, email: str = NEW, *roles: str, language: str = "en") -> Invitation:
    assert admin.agency_id is not None
    with scope(admin.agency_id):
        return invite_member(
            actor=admin, email=email, roles=roles or ["analyst"], language=language
        )


def last_token() -> str:
    found = re.search(r"/invitation/([^/\s]+)/", str(mail.outbox[-1].body))
    assert found
    return found[1]


def accept(token: str, name: str = "Zoe", password: str = STRONG) -> Membership:
    return accept_with_password(source="127.0.0.1", token=token, name=name, password=password)


def code_of(call: "object", *args: object, **kwargs: object) -> str:
    with pytest.raises(Fault) as refused:
        call(*args, **kwargs)  # type: ignore[operator]
    return refused.value.code


def members(agency: Agency) -> int:
    with scope(agency.pk):
        return Membership.objects.count()


def entries(agency: Agency) -> list[str]:
    with scope(agency.pk):
        return list(AuditEntry.objects.order_by("id").values_list("action", flat=True))
