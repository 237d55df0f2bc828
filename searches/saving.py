"""Saving rows that must be unique, also when two people save at the same time."""

from django.db import IntegrityError, transaction

from portal.tenancy import TenantModel


def save_unique(row: TenantModel) -> None:
    """Check and save a new row. Raises ValidationError also for the loser of a race."""
    row.full_clean()
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        row.full_clean()  # says which value is taken; anything else is no race
        raise
