"""The subjects of a gallery, filtered and sorted, one page at a time: by keys, without counting."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import (
    Count,
    DateField,
    Exists,
    F,
    IntegerField,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
)
from django.db.models.functions import Coalesce
from django.utils import timezone

from galleries.subject_filter import HowMany, Sort
from searches.marked import spellings
from searches.models import FaceImage, Gallery, Subject

PAGE = 48
NEVER = Value(date(9999, 12, 31))
LAST_DAY = date.max - timedelta(days=1)  # that has a day after it
# The value that a list is sorted by, and whether the largest comes first. Equals go by their id.
SORTS: dict[str, tuple[str, bool]] = {
    Sort.NEWEST: ("created_at", True),
    Sort.EXPIRY: ("first_expiry", False),
    Sort.IMAGES: ("image_count", True),
}
LEAST = {HowMany.ONE: (1, 1), HowMany.SEVERAL: (2, None), HowMany.MANY: (5, None)}


@dataclass(frozen=True, slots=True)
class SubjectPage:
    """Subjects in their order; `next` and `previous` are the keys of the pages beside it."""

    rows: Sequence[Subject]
    previous: UUID | None
    next: UUID | None


def subjects_of(gallery: Gallery, values: Mapping[str, Any]) -> QuerySet[Subject]:
    """What the filters of a valid SubjectFilter choose, each with what a list shows of it."""
    return narrowed(Subject.objects.filter(gallery=gallery), values)


def narrowed(chosen: QuerySet[Subject], values: Mapping[str, Any]) -> QuerySet[Subject]:
    """Those of these subjects that the filters choose, each with what a list shows of it."""
    if text := values.get("q"):
        chosen = chosen.filter(reference__in=spellings(text))
    about = _about_images(values)
    if about:
        chosen = chosen.filter(Exists(_own().filter(about)))
    return _with_number(_annotated(chosen), values.get("images", ""))


def _about_images(values: Mapping[str, Any]) -> Q:
    about = Q()
    if register := values.get("register"):
        about &= Q(register=register)
    if day := values.get("expires_before"):
        about &= Q(expires_on__lt=day)
    if first := values.get("enrolled_from"):
        about &= Q(enrolled_at__gte=_midnight(first))
    if last := values.get("enrolled_to"):
        about &= Q(enrolled_at__lt=_midnight(min(last, LAST_DAY) + timedelta(days=1)))
    return about


def _midnight(day: date) -> datetime:
    """Where a day begins in the agency's time zone."""
    return timezone.make_aware(datetime.combine(day, time.min))


def _own() -> QuerySet[FaceImage]:
    return FaceImage.objects.filter(subject=OuterRef("pk")).order_by()


def _annotated(subjects: QuerySet[Subject]) -> QuerySet[Subject]:
    grouped = _own().values("subject")
    images = grouped.annotate(n=Count("pk")).values("n")
    expiry = grouped.annotate(first=Min("expires_on")).values("first")
    registers = grouped.annotate(names=ArrayAgg("register__name", distinct=True)).values("names")
    return subjects.annotate(
        image_count=Coalesce(Subquery(images), 0, output_field=IntegerField()),
        next_expiry=Subquery(expiry),
        first_expiry=Coalesce(Subquery(expiry), NEVER, output_field=DateField()),
        registers=Subquery(registers),
    )


def _with_number(subjects: QuerySet[Subject], images: str) -> QuerySet[Subject]:
    if images == HowMany.NONE:
        return subjects.filter(~Exists(_own()))
    if images in LEAST:
        least, most = LEAST[HowMany(images)]
        number = Q(image_count__gte=least)
        return subjects.filter(number & Q(image_count__lte=most) if most else number)
    return subjects


def page_of_subjects(
    gallery: Gallery,
    values: Mapping[str, Any],
    *,
    after: UUID | None = None,
    before: UUID | None = None,
) -> SubjectPage:
    """The page that begins after a subject, or ends before one; the first without either."""
    found = subjects_of(gallery, values)
    name, falling = SORTS[values.get("sort") or Sort.NEWEST]
    key = before or after
    anchor = _annotated(Subject.objects.filter(pk=key)).first() if key else None
    backwards = anchor is not None and before is not None
    down = falling != backwards
    if anchor is not None:
        found = found.filter(_beyond(name, getattr(anchor, name), anchor.pk, down))
    order = (F(name).desc(), F("pk").desc()) if down else (F(name).asc(), F("pk").asc())
    rows = list(found.order_by(*order)[: PAGE + 1])
    more, rows = len(rows) > PAGE, rows[:PAGE]
    if backwards:
        rows.reverse()
        return SubjectPage(rows, _key(rows, 0, more), _key(rows, -1, True))
    return SubjectPage(rows, _key(rows, 0, anchor is not None), _key(rows, -1, more))


def _beyond(name: str, value: Any, pk: UUID, down: bool) -> Q:
    compare = "lt" if down else "gt"
    # The first condition is for the index; the second for equals.
    return Q(**{f"{name}__{compare}e": value}) & (
        Q(**{f"{name}__{compare}": value}) | Q(**{f"pk__{compare}": pk})
    )


def _key(rows: Sequence[Subject], place: int, wanted: bool) -> UUID | None:
    return rows[place].pk if rows and wanted else None
