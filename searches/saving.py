"""Saving rows that must be unique, also when two people save at the same time."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import IntegrityError, transaction

from portal.tenancy import TenantModel
from searches.faults import FAULTS, Fault


def save_unique(row: TenantModel) -> None:
    """Check and save a new row. Raises ValidationError also for the loser of a race."""
    row.full_clean()
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        row.full_clean()  # says which value is taken; anything else is no race
        raise


@contextmanager
def refusals_as_faults() -> Iterator[None]:
    """What a trigger refuses with a code (`case_closed: ...`) becomes the Fault of that code."""
    try:
        yield
    except IntegrityError as error:
        code = str(error).partition(":")[0]
        if code not in FAULTS:
            raise
        raise Fault(code) from error
