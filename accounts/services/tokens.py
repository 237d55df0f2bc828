"""Making, finding and revoking API tokens."""

from collections.abc import Collection
from datetime import timedelta

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.actor import Actor
from accounts.faults import Fault
from accounts.models import Agency, ApiToken, User
from accounts.permissions import Permission
from accounts.policies import policy_of
from accounts.secrets import digest_of, hint_of, new_token
from accounts.services import notices
from portal.audit.actions import Action
from portal.audit.recorder import record
from portal.rows import fetch
from portal.tenancy import scope, token_scope

NOTE_USE_EVERY = timedelta(minutes=1)


@transaction.atomic
def create_token(
    *, actor: Actor, name: str, permissions: Collection[Permission], days: int
) -> tuple[ApiToken, str]:
    """A new token and its text, which is shown now and never again. Raises Fault.

    `days` is 1 to the most that the agency's policies allow. Only a person has tokens:
    PermissionDenied for commands.
    """
    if actor.user_id is None:
        raise PermissionDenied("Tokens belong to people")
    if not permissions:
        raise Fault("token_without_permission")
    if not actor.permissions.issuperset(permissions):
        raise Fault("token_permission_not_held")
    if not 1 <= days <= policy_of(actor.agency).token_max_days:
        raise Fault("token_days_out_of_range")
    text = new_token()
    token = ApiToken(
        user_id=actor.user_id,
        name=name.strip(),
        digest=digest_of(text),
        hint=hint_of(text),
        permissions=sorted(permissions),
        expires_at=timezone.now() + timedelta(days=days),
    )
    token.take_scope()
    token.full_clean()
    token.save()
    expires = token.expires_at.isoformat(timespec="seconds")
    facts = {"permissions": token.permissions, "expires": expires}
    record(actor, Action.TOKEN_CREATED, token, facts)
    return token, text


@transaction.atomic
def revoke_token(*, actor: Actor, token: ApiToken) -> None:
    """End a token at once: one's own, or any of the agency for its admins. Twice is no error."""
    if token.user_id != actor.user_id:
        actor.require(Permission.MANAGE_TOKENS)
    locked = ApiToken.objects.select_for_update().get(pk=token.pk)
    if locked.revoked_at is not None:
        return
    locked.revoked_at = timezone.now()
    locked.save(update_fields=["revoked_at"])
    record(actor, Action.TOKEN_REVOKED, locked, {"owner": locked.user_id})
    notices.token_revoked(actor, Agency.objects.get(pk=locked.agency_id), locked)


WITH_OWNER = """
accounts_apitoken JOIN accounts_user ON accounts_user.id = accounts_apitoken.user_id
WHERE accounts_apitoken.digest = %s
"""


def find_token(secret: str) -> ApiToken:
    """The token with this text, whatever the agency. Raises Fault when it may not be used.

    Looked up by the hash of the secret: how long that takes says nothing about other secrets.
    """
    digest = digest_of(secret)
    with token_scope(digest):
        # Row-level security shows the one row of this hash.
        found = fetch(WITH_OWNER, [digest], ApiToken, User)
    if not found:
        raise Fault("token_invalid")
    token, token.user = found[0]
    return _valid(token)


def token_by_id(agency_id: int, pk: int) -> ApiToken:
    """The token that something signed by us names. Raises Fault as `find_token` does."""
    with scope(agency_id):
        found = ApiToken.objects.select_related("user").filter(pk=pk).first()
    return _valid(found)


def _valid(found: ApiToken | None) -> ApiToken:
    if found is None:
        raise Fault("token_invalid")
    if found.state != "valid":
        raise Fault(f"token_{found.state}")
    return found


def note_use(token: ApiToken) -> None:
    """Keep when the token was last used, to the minute."""
    now = timezone.now()
    if token.last_used_at is not None and now - token.last_used_at < NOTE_USE_EVERY:
        return
    with scope(token.agency_id):
        old = Q(last_used_at=None) | Q(last_used_at__lt=now - NOTE_USE_EVERY)
        ApiToken.objects.filter(old, pk=token.pk).update(last_used_at=now)
