"""Numbers and versions are given one at a time."""

from django.db import connection

from accounts.models import License


def one_at_a_time(what: str) -> None:
    """Wait for whoever does the same in another transaction; held until this one ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [what])


def next_number(prefix: str, year: int) -> str:
    """The next free number, such as L-2026-0001; call it in the transaction that uses it."""
    one_at_a_time("license numbers")
    start = f"{prefix}-{year}-"
    taken = License.objects.filter(number__regex=rf"^{start}[0-9]+$")
    numbers = [int(number.removeprefix(start)) for number in taken.values_list("number", flat=True)]
    return f"{start}{max(numbers, default=0) + 1:04d}"
