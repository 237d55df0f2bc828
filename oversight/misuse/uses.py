"""From which addresses people acted, as far as the record knows."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count

from oversight.misuse.facts import UseFact
from portal.audit.models import AuditEntry

SPAN = timedelta(days=180)
# "command: NAME" and "job: NAME" are no addresses (accounts/actor.py).
NO_ADDRESS = r"^(command|job): "


def uses_since(agency_id: int, now: datetime) -> Iterator[UseFact]:
    """Acts in cases from the addresses that exactly two people used, in the order of time.

    An address of one person says nothing here, and one of many is an office.
    """
    acts = AuditEntry.objects.filter(agency_id=agency_id, at__gte=now - SPAN)
    acts = acts.exclude(actor_id=None).exclude(source="").exclude(source__regex=NO_ADDRESS)
    pairs = acts.order_by().values("source").annotate(people=Count("actor_id", distinct=True))
    sources = [row["source"] for row in pairs if row["people"] == 2]
    rows = acts.filter(source__in=sources).exclude(case_id="").order_by("id")
    for person, case, source, at in rows.values_list("actor_id", "case_id", "source", "at"):
        if person is not None:
            yield UseFact(person, UUID(case), source, at)
