"""What names the data fields of an action."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fields:
    """Names of the data fields an entry of one action has; content never belongs in them.

    `content` names what people wrote, which is sealed apart (portal.audit.contents).
    """

    required: frozenset[str] = frozenset()
    optional: frozenset[str] = frozenset()
    content: frozenset[str] = frozenset()


def fields_of(
    *required: str, optional: tuple[str, ...] = (), content: tuple[str, ...] = ()
) -> Fields:
    return Fields(frozenset(required), frozenset(optional), frozenset(content))
