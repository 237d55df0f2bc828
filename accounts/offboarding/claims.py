"""Writes of the worker that has claimed an off-boarding, and of no other."""

from accounts.models import Offboarding


class Superseded(Exception):
    """Another worker has claimed the off-boarding meanwhile; this one stops."""


def change(row: Offboarding, **fields: object) -> None:
    """Change a claimed row in the database. Raises Superseded when the claim is no longer ours."""
    rows = Offboarding.objects.filter(pk=row.pk, claim=row.claim, state=row.state)
    if rows.update(**fields) != 1:
        raise Superseded(str(row.pk))
