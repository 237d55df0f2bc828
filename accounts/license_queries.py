"""Licenses with their version in effect and their state, for lists; in the database.

The same rules as accounts.licensing.state_at, which decides: tests compare the two.
"""

from datetime import datetime
from typing import Any

from django.db.models import (
    Case,
    CharField,
    DateField,
    Exists,
    ExpressionWrapper,
    F,
    Func,
    OuterRef,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce

from accounts.licensing import LicenseState
from accounts.models import License, LicenseAct, LicenseActKind, LicenseVersion

S = LicenseState
SHOWN = ("starts_on", "ends_on", "grace_days", "seats", "amount", "currency", "purchase_order")


class LocalDay(Func):
    """The calendar day of a moment in the time zone that the column names."""

    template = "((%(expressions)s)::date)"
    arg_joiner = " AT TIME ZONE "
    output_field = DateField()


def with_state(rows: QuerySet[License], at: datetime) -> QuerySet[License, Any]:
    """Annotated with `state`, `today`, `in_effect` (id of the version), `last_day`, SHOWN."""
    signed = LicenseVersion.objects.filter(license=OuterRef("pk")).exclude(signature="")
    begun = signed.filter(effective_on__lte=OuterRef("today")).order_by("-effective_on")
    acts = LicenseAct.objects.filter(license=OuterRef("pk"), effective_at__lte=at)
    drafted = LicenseVersion.objects.filter(license=OuterRef("pk"), version=1)
    known = rows.annotate(
        today=LocalDay(Value(at), F("agency__time_zone")),
        in_effect=Coalesce(
            Subquery(begun.values("pk")[:1]),
            Subquery(signed.order_by("effective_on").values("pk")[:1]),
        ),
        ended=Exists(acts.filter(kind=LicenseActKind.TERMINATED)),
        last_act=Subquery(acts.order_by("-effective_at", "-pk").values("kind")[:1]),
    )
    # Of a license that was never signed, its draft is shown.
    shown = known.annotate(shown=Coalesce("in_effect", Subquery(drafted.values("pk")[:1])))
    version = LicenseVersion.objects.filter(pk=OuterRef("shown"))
    fields = {name: Subquery(version.values(name)[:1]) for name in SHOWN}
    usable = shown.annotate(**fields).annotate(
        last_day=ExpressionWrapper(F("ends_on") + F("grace_days"), output_field=DateField())
    )
    return usable.annotate(state=_state())


def _state() -> Case:
    return Case(
        When(ended=True, then=Value(S.TERMINATED.value)),
        When(in_effect=None, then=Value(S.DRAFT.value)),
        When(today__gt=F("last_day"), then=Value(S.EXPIRED.value)),
        When(last_act=LicenseActKind.SUSPENDED, then=Value(S.SUSPENDED.value)),
        When(today__lt=F("starts_on"), then=Value(S.PENDING.value)),
        When(today__lte=F("ends_on"), then=Value(S.ACTIVE.value)),
        default=Value(S.GRACE.value),
        output_field=CharField(),
    )
