"""Who acts: the value that every service receives instead of a request."""

from dataclasses import dataclass

from django.core.exceptions import PermissionDenied

from accounts.permissions import Permission


class TrainingNeeded(PermissionDenied):
    """The role allows it, the training does not: 403 with a page that says so."""


@dataclass(frozen=True, slots=True)
class Actor:
    """A person, or a command of the operator, acting in one agency (or in none, at log-in).

    `source` is where the act comes from: an IP address, or "command: NAME". `platform` is true for
    the vendor's staff in a staff session and for the operator, outside every agency.
    """

    user_id: int | None
    label: str
    agency_id: int | None
    permissions: frozenset[Permission]
    source: str
    platform: bool = False
    # What the roles allow and only a valid training certificate would give.
    withheld: frozenset[Permission] = frozenset()

    def can(self, permission: Permission) -> bool:
        return permission in self.permissions

    def require(self, permission: Permission) -> None:
        """Raise PermissionDenied (403) unless this actor may do that."""
        if permission in self.withheld:
            raise TrainingNeeded(permission)
        if permission not in self.permissions:
            raise PermissionDenied(permission)

    def require_platform(self) -> None:
        """Raise PermissionDenied (403) unless this actor works for the platform."""
        if not self.platform:
            raise PermissionDenied("platform")

    @property
    def agency(self) -> int:
        """The agency's id; raises PermissionDenied for an actor without an agency."""
        if self.agency_id is None:
            raise PermissionDenied("No agency")
        return self.agency_id


def command_actor(command: str, agency_id: int | None) -> Actor:
    """The operator at the command line of this installation, who may do everything."""
    return Actor(
        user_id=None,
        label=f"operator ({command})",
        agency_id=agency_id,
        permissions=frozenset(Permission),
        source=f"command: {command}",
        platform=agency_id is None,
    )


def system_actor(job: str, agency_id: int | None) -> Actor:
    """Candor itself: for an agency, or by the clock for the platform (None)."""
    name, platform = f"system ({job})", agency_id is None
    return Actor(None, name, agency_id, frozenset(), f"job: {job}", platform=platform)
