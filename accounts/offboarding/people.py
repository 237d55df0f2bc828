"""What becomes of the people of a destroyed agency.

Somebody who belongs to another agency, or works for the platform, keeps the account. Everybody
else's becomes a number without a name: the record's entries name it, nobody can log in with it.
"""

from dataclasses import dataclass

from django.db import models
from django.db.models import F, Q

from accounts.actor import Actor
from accounts.models import Agency, Membership, Role, User
from accounts.services.user_sessions import end_sessions
from portal.tenancy import TenantModel, platform_scope, user_scope


@dataclass(frozen=True, slots=True)
class Recipient:
    """Where a receipt is sent, and in which language."""

    email: str
    language: str


@dataclass(frozen=True, slots=True)
class Erased:
    """How many accounts were erased, and how many belong to somebody else too."""

    erased: int
    kept: int


def recipients_of(agency_id: int) -> list[Recipient]:
    """The agency's contact and its administrators, each once."""
    contact = Agency.objects.values_list("contact_email", flat=True).get(pk=agency_id)
    admins = Membership.objects.filter(deactivated_at=None, roles__contains=[Role.ADMIN])
    found = {m.user.email: m.user.language for m in admins.select_related("user")}
    if contact:
        found.setdefault(contact.lower(), "")
    return [Recipient(email, language) for email, language in found.items()]


def erase_people(actor: Actor, agency_id: int) -> Erased:
    """Erase those who belong to this agency alone. Part of the open transaction."""
    ids = list(Membership.objects.filter(agency_id=agency_id).values_list("user_id", flat=True))
    # The lock makes a new membership of one of them wait until it is known who stays.
    users = list(User.objects.select_for_update().filter(pk__in=ids).order_by("pk"))
    with platform_scope():
        elsewhere = Membership._base_manager.filter(user_id__in=ids).exclude(agency_id=agency_id)
        kept = set(elsewhere.values_list("user_id", flat=True))
    going = [user for user in users if user.pk not in kept and not user.is_staff]
    for user in going:
        _erase(actor, user)
    return Erased(len(going), len(users) - len(going))


def _erase(actor: Actor, user: User) -> None:
    end_sessions(actor=actor, user=user, chosen=Q())
    with user_scope(user.pk):
        for field in personal_fields():
            field.model._base_manager.filter(**{field.name: user}).delete()
    user.set_unusable_password()
    User.objects.filter(pk=user.pk).update(
        email=f"erased-{user.pk}@invalid",
        name="",
        password=user.password,
        language="",
        time_zone="",
        last_login=None,
        is_active=False,
        session_epoch=F("session_epoch") + 1,
    )


def personal_fields() -> list[models.ForeignKey[User, User]]:
    """Foreign keys of what would go with a deleted user: second factors, addresses, log-ins.

    Asked of the models, so that an app that is added later is not forgotten.
    """
    found = []
    for relation in User._meta.get_fields(include_hidden=True):
        if not isinstance(relation, models.ManyToOneRel) or relation.on_delete != models.CASCADE:
            continue
        if not issubclass(relation.related_model, TenantModel):  # those went with the agency
            found.append(relation.field)
    return found
