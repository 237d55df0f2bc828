"""What an agency demands of log-ins, and what several agencies demand together."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from django.conf import settings
from django.db.models import JSONField, QuerySet
from django.db.models.expressions import RawSQL

from accounts.agency_states import is_open
from accounts.models import Agency, Membership, SecurityPolicy, User
from portal.tenancy import scope, user_scope


@dataclass(frozen=True, slots=True)
class Policy:
    """The policies in force; `version` 0 are the installation's own.

    A notice of "" stands for the standard text (accounts/notices.py).
    """

    version: int
    idle_minutes: int
    session_hours: int
    lock_failures: int
    lock_window_minutes: int
    disable_after_days: int
    token_max_days: int
    invitation_days: int
    reauthentication_minutes: int
    passkey_required: bool = False
    single_sign_on_required: bool = False
    authorize_every_search: bool = False
    lend_examiners: bool = False
    banner_en: str = ""
    banner_fr: str = ""


FIELDS = tuple(field.name for field in fields(Policy) if field.name != "version")
# Here the larger number is the tighter one.
LONGER_IS_TIGHTER = frozenset({"lock_window_minutes"})
NUMBERS = tuple(f.name for f in fields(Policy) if f.type is int and f.name != "version")
# On is the tighter one of these,
DEMANDS = ("passkey_required", "single_sign_on_required", "authorize_every_search")
# and off of these: an agency lets others do what nobody may without its word. They concern that
# agency alone, so that nothing follows from them for people's log-ins or for other agencies.
CONSENTS = ("lend_examiners",)
SWITCHES = (*DEMANDS, *CONSENTS)
NOTICES = ("banner_en", "banner_fr")
# Written out because every page asks it: to build it of a dozen expressions took longer than to
# answer it.
LATEST = """
(SELECT to_jsonb(p) FROM accounts_securitypolicy p
WHERE p.agency_id = accounts_agency.id ORDER BY p.number DESC LIMIT 1)
"""


def installation_policy() -> Policy:
    """What holds for agencies without policies of their own, and bounds those of all others."""
    return Policy(
        version=0,
        idle_minutes=settings.SESSION_IDLE_MINUTES,
        session_hours=settings.SESSION_HOURS,
        lock_failures=settings.LOCK_FAILURES,
        lock_window_minutes=settings.LOCK_WINDOW_MINUTES,
        disable_after_days=settings.UNUSED_DAYS,
        token_max_days=settings.TOKEN_MAX_DAYS,
        invitation_days=settings.INVITATION_DAYS,
        reauthentication_minutes=settings.REAUTHENTICATION_MINUTES,
    )


def tightest(policies: Iterable[Policy]) -> Policy:
    """The tightest value of each policy, the installation's among them.

    Version 0, no notice, and no consent: to allow nothing is the tightest.
    """
    result = installation_policy()
    for policy in policies:
        values: dict[str, Any] = {
            name: _tighter(name)(getattr(result, name), getattr(policy, name)) for name in NUMBERS
        }
        switches = {n: getattr(result, n) or getattr(policy, n) for n in DEMANDS}
        result = replace(result, **values, **switches)
    return result


def is_looser(name: str, value: int) -> bool:
    """Whether a number asks for less than the installation does."""
    floor = getattr(installation_policy(), name)
    return bool(_tighter(name)(value, floor) != value)


def _tighter(name: str) -> Any:
    return max if name in LONGER_IS_TIGHTER else min


def policy_of(agency_id: int) -> Policy:
    """The policies in force in one agency."""
    with scope(agency_id):
        row = SecurityPolicy.objects.order_by("-number").first()
    return policy_in(None if row is None else {n: getattr(row, n) for n in ("number", *FIELDS)})


def policy_in(stored: Mapping[str, Any] | None) -> Policy:
    """The policies of a stored version. An operator who tightens later tightens them too."""
    if stored is None:
        return installation_policy()
    values = {name: stored[name] for name in FIELDS}
    bounded = tightest([Policy(version=stored["number"], **values)])
    kept = {name: values[name] for name in (*NOTICES, *CONSENTS)}
    return replace(bounded, version=stored["number"], **kept)


def with_policies(agencies: QuerySet[Agency]) -> QuerySet[Agency]:
    """Agencies with `stored_policy`: their latest versions, read in the same query."""
    return agencies.annotate(**{"stored_policy": RawSQL(LATEST, [], JSONField())})  # noqa: S611


def policies_of_person(user: User) -> list[Policy]:
    """The policies of the open agencies in which a person works."""
    with user_scope(user.pk):
        # The manager wants an agency; row-level security shows a person their own rows.
        own = Membership._base_manager.filter(user_id=user.pk, deactivated_at=None)
        agencies = Agency.objects.filter(pk__in=own.values("agency_id"))
        rows = list(with_policies(agencies))
    return [policy_in(row.stored_policy) for row in rows if is_open(row.state)]


def strictest(user: User) -> Policy:
    """What holds for a person at log-in, before an agency is chosen."""
    return tightest(policies_of_person(user))


def as_values(policy: Policy) -> dict[str, Any]:
    """Everything that a new version stores of a policy."""
    return {name: value for name, value in asdict(policy).items() if name != "version"}
