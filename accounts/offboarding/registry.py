"""What other apps know of an agency's end: tables with a form of their own, and what holds it up.

Apps register in their `ready`; accounts knows none of them.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from accounts.faults import FAULTS

# An SQL expression of type jsonb over a row `t`, by table; all others are written as they are.
Expression = str
Obstacle = Callable[[int], bool]


class Sealed(NamedTuple):
    """What is sealed in a row and stands in clear in an export, under `name`.

    `identity(id)` is what it is bound to, by the id of its row; bytes are written in base64. A text
    that rows are looked up by has its mark of a `kind` in the column `mark`, which is not written.
    """

    name: str
    identity: Callable[[str], str]
    is_text: bool = True
    mark: str = ""
    kind: str = ""


_expressions: dict[str, Expression] = {
    # Secrets and their hashes are of no use to the agency.
    "accounts_identityprovider": "to_jsonb(t) - 'client_secret'",
    "accounts_webhookendpoint": "to_jsonb(t) - 'secret' - 'previous_secret'",
    "accounts_apitoken": "to_jsonb(t) - 'digest'",
    "accounts_invitation": "to_jsonb(t) - 'token_hash'",
    "accounts_membership": "to_jsonb(t) || (SELECT jsonb_build_object('email', u.email, 'name',"
    " u.name, 'language', u.language, 'time_zone', u.time_zone) FROM accounts_user u"
    " WHERE u.id = t.user_id)",
    # What was written about entries is opened apart, in contents.jsonl.
    "accounts_formercontent": "to_jsonb(t) - 'sealed'",
    "audit_auditcontent": "to_jsonb(t) - 'sealed'",
    "audit_auditkey": "to_jsonb(t) - 'sealed'",
}
_sealed: dict[str, dict[str, Sealed]] = {}
_obstacles: dict[str, Obstacle] = {}


def export_as(table: str, expression: Expression) -> None:
    """Say how rows of a table are written into an export."""
    _expressions[table] = expression


def expression_of(table: str) -> Expression:
    return _expressions.get(table, "to_jsonb(t)")


def unseal_text(table: str, column: str, name: str, identity: Callable[[str], str]) -> None:
    """Write a sealed text of a table into an export in clear, under `name` instead of its column.

    `identity(id)` is what the text of the row with this id is bound to. The archive itself is
    sealed with the agency's key, and nobody but the agency can open it.
    """
    _sealed.setdefault(table, {})[column] = Sealed(name, identity)


def mark_text(table: str, column: str, mark: str, kind: str) -> None:
    """Say that the text sealed in a column is marked in another, which is of no use elsewhere."""
    _sealed[table][column] = _sealed[table][column]._replace(mark=mark, kind=kind)
    export_as(table, f"to_jsonb(t) - '{mark}'")


def unseal_bytes(table: str, column: str, name: str, identity: Callable[[str], str]) -> None:
    """The same for bytes that are no text."""
    _sealed.setdefault(table, {})[column] = Sealed(name, identity, is_text=False)


def sealed_of(table: str) -> Mapping[str, Sealed]:
    """What of a table is sealed and stands in clear in an export, by column."""
    return _sealed.get(table, {})


def hold_while(code: str, obstacle: Obstacle) -> None:
    """Neither export nor destroy while `obstacle(agency_id)` is true: the place for legal holds.

    It is asked in the agency's scope. `code` is one of accounts.faults.FAULTS.
    """
    if code not in FAULTS:
        raise KeyError(code)
    _obstacles[code] = obstacle


def obstacle_of(agency_id: int) -> str:
    """The code of what holds the end of this agency up now; "" when nothing does."""
    return next((code for code, holds in _obstacles.items() if holds(agency_id)), "")
