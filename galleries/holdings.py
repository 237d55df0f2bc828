"""What is in a gallery: from where, how old, and how much of it expires when.

One pass over an index each, without reading the rows of the pictures.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.db.models import Count, Max, Min, Q
from django.db.models.functions import ExtractYear
from django.utils import timezone

from searches.models import FaceImage, Gallery, GallerySource, SourceRegister

SOON = (30, 90, 365)
"""In how many days pictures expire, as the page counts them; the rest expire later."""


@dataclass(frozen=True, slots=True)
class Source:
    """A register of the gallery, and what is in it of that register."""

    register: SourceRegister
    images: int
    oldest: date | None
    newest: date | None


@dataclass(frozen=True, slots=True)
class Year:
    """Pictures that were collected in one year; `share` of all in percent."""

    year: int
    images: int
    share: int


@dataclass(frozen=True, slots=True)
class Expiry:
    """Pictures that expire within `days` and not within the step before; None: later."""

    days: int | None
    images: int


@dataclass(frozen=True, slots=True)
class Holdings:
    """`overdue` are pictures whose last day is over and that the next run removes."""

    images: int
    sources: Sequence[Source]
    years: Sequence[Year]
    overdue: int
    expiries: Sequence[Expiry]


def holdings_of(gallery: Gallery) -> Holdings:
    grouped = (
        FaceImage.objects.filter(gallery=gallery)
        .order_by()
        .values("register", year=ExtractYear("collected_on"))
        .annotate(n=Count("pk"), oldest=Min("collected_on"), newest=Max("collected_on"))
    )
    rows = [(r["register"], r["year"], r["n"], r["oldest"], r["newest"]) for r in grouped]
    images = sum(n for _, _, n, _, _ in rows)
    overdue, *soon = _expiring(gallery)
    expiries = [Expiry(days, n) for days, n in zip(SOON, soon, strict=True)]
    later = Expiry(None, images - overdue - sum(soon))
    return Holdings(
        images, _sources(gallery, rows), _years(rows, images), overdue, [*expiries, later]
    )


_Row = tuple[UUID, int, int, date, date]


def _sources(gallery: Gallery, rows: Sequence[_Row]) -> list[Source]:
    named = GallerySource.objects.filter(gallery=gallery, removed_at=None)
    return [_source(one.register, rows) for one in named.select_related("register")]


def _source(register: SourceRegister, rows: Sequence[_Row]) -> Source:
    own = [row for row in rows if row[0] == register.pk]
    oldest, newest = [row[3] for row in own], [row[4] for row in own]
    count = sum(row[2] for row in own)
    return Source(register, count, min(oldest, default=None), max(newest, default=None))


def _years(rows: Sequence[_Row], images: int) -> list[Year]:
    counts: dict[int, int] = {}
    for _, year, n, _, _ in rows:
        counts[year] = counts.get(year, 0) + n
    return [Year(y, counts[y], round(100 * counts[y] / images)) for y in sorted(counts)[::-1]]


def _expiring(gallery: Gallery) -> list[int]:
    """What is overdue, and then what expires within each of SOON."""
    today = timezone.localdate()
    ends = [today + timedelta(days=days) for days in SOON]
    within = {
        f"soon_{number}": Count("pk", filter=Q(expires_on__gte=first, expires_on__lt=last))
        for number, (first, last) in enumerate(zip([today, *ends], ends, strict=False))
    }
    due = FaceImage.objects.filter(gallery=gallery, expires_on__lt=ends[-1]).order_by()
    counted = due.aggregate(overdue=Count("pk", filter=Q(expires_on__lt=today)), **within)
    return [counted["overdue"], *(counted[name] for name in within)]
