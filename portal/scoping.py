"""What the database session is told about the code that runs.

PostgreSQL's row-level security reads the session settings that are written here. No models in this
module: the database backend imports it.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import Any

from django.db import DatabaseError, connection
from django.db.backends.base.base import BaseDatabaseWrapper


class ScopeError(RuntimeError):
    """Tenant rows were touched outside `scope(agency)`, or inside another agency's."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What the database is told about the code that runs: None and False open nothing."""

    agency_id: int | None = None
    user_id: int | None = None
    platform: bool = False
    invitation: str = ""
    token: str = ""
    sign_on: str = ""
    remembered: dict[str, Any] = field(default_factory=dict, init=False, compare=False, repr=False)

    def settings(self) -> list[str]:
        agency = "" if self.agency_id is None else str(self.agency_id)
        user = "" if self.user_id is None else str(self.user_id)
        platform = "on" if self.platform else ""
        return [agency, user, platform, self.invitation, self.token, self.sign_on]


NO_SCOPE = Scope()
_current: ContextVar[Scope] = ContextVar("candor_scope", default=NO_SCOPE)

_SET_SQL = (
    "SELECT set_config('candor.agency_id', %s, false),"
    " set_config('candor.user_id', %s, false), set_config('candor.platform', %s, false),"
    " set_config('candor.invitation', %s, false), set_config('candor.token', %s, false),"
    " set_config('candor.sign_on', %s, false)"
)


def apply_scope(wrapper: BaseDatabaseWrapper) -> None:
    """Tell a database session the current scope (also called for each new connection)."""
    with wrapper.cursor() as cursor:
        cursor.execute(_SET_SQL, _current.get().settings())


@contextmanager
def _enter(new: Scope) -> Iterator[None]:
    before = _current.get()
    token = _current.set(new)
    try:
        if new != before and connection.connection is not None:
            apply_scope(connection)
        yield
    finally:
        _current.reset(token)
        if new != before:
            _leave()


def _leave() -> None:
    """Give the session the outer scope back, or drop the session: it must not keep ours."""
    if connection.connection is None:
        return
    if connection.in_atomic_block and connection.needs_rollback:
        return  # the rollback restores the settings of the outer scope by itself
    try:
        apply_scope(connection)
    except DatabaseError:
        if not connection.in_atomic_block:
            connection.close()


def scope(agency_id: int) -> AbstractContextManager[None]:
    """Context in which one agency's rows, and no others, exist."""
    return _enter(replace(_current.get(), agency_id=agency_id, platform=False))


def user_scope(user_id: int) -> AbstractContextManager[None]:
    """Context in which a person's own memberships are visible, whatever the agency."""
    return _enter(Scope(user_id=user_id))


def own_scope(agency_id: int, user_id: int) -> AbstractContextManager[None]:
    """Context in which of an agency's notifications those of one person exist, and no others."""
    return _enter(Scope(agency_id=agency_id, user_id=user_id))


def platform_scope() -> AbstractContextManager[None]:
    """Context of the vendor: agencies and what belongs to licensing, no tenant content."""
    return _enter(Scope(platform=True))


def invitation_scope(token_hash: str) -> AbstractContextManager[None]:
    """Context in which the one invitation is visible whose token has this hash, and no list."""
    return _enter(Scope(invitation=token_hash))


def token_scope(digest: str) -> AbstractContextManager[None]:
    """Context in which the one API token is visible whose secret has this hash, and no list."""
    return _enter(Scope(token=digest))


def sign_on_scope(key: str) -> AbstractContextManager[None]:
    """Context in which one identity provider (key: its id) or one confirmed domain is visible."""
    return _enter(Scope(sign_on=key))


def current_agency_id() -> int:
    agency_id = _current.get().agency_id
    if agency_id is None:
        raise ScopeError("Tenant data outside scope(agency)")
    return agency_id


def remembered_in_scope() -> dict[str, Any]:
    """What code keeps of the open scope, and no longer than it is open. Raises ScopeError."""
    current_agency_id()
    return _current.get().remembered


def in_platform_scope() -> bool:
    """Whether the code runs for the vendor."""
    return _current.get().platform
