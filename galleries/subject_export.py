"""A gallery's list of subjects as a file: what the list shows, and no picture."""

from typing import Any

COLUMNS = ("subject", "reference", "images", "registers", "first_enrolled", "first_expires_on")


def cells_of(subject: Any) -> tuple[str, ...]:
    """One subject of subjects_of() as COLUMNS."""
    expiry = subject.next_expiry
    return (
        str(subject.pk),
        subject.reference,
        str(subject.image_count),
        "; ".join(subject.registers or []),
        subject.created_at.isoformat(timespec="seconds"),
        expiry.isoformat() if expiry else "",
    )
