"""What has expired, what will, and what a legal hold keeps: the questions that pages and runs ask.

A picture expires with the beginning of the day that it expires on, by the agency's calendar.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.db.models import Count, F, Func, Q, QuerySet, UUIDField

from galleries.models import Erasure, ErasureTarget
from galleries.services.holds import held_images
from searches.models import FaceImage, JobState
from searches.services.probe_expiry import unresolved

SOON = (30, 90)


@dataclass(frozen=True, slots=True)
class Share:
    """How many pictures of one register in one gallery."""

    gallery_id: UUID
    gallery: str
    register_id: UUID
    register: str
    images: int


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a run on this day removes, what stays for a hold, and what expires soon after."""

    day: date
    shares: list[Share]
    images: int
    probes: int
    held_images: int
    held_probes: int
    soon: list[tuple[int, int]]

    @property
    def held(self) -> int:
        return self.held_images + self.held_probes

    @property
    def removes(self) -> bool:
        return bool(self.images or self.probes)


def expired(today: date) -> QuerySet[FaceImage]:
    """Pictures whose time is over and that no erasure is under way for, held ones among them."""
    return FaceImage.objects.filter(expires_on__lte=today).exclude(under_way())


def removable(today: date) -> QuerySet[FaceImage]:
    """What a run on this day removes."""
    return expired(today).exclude(held_images())


def under_way() -> Q:
    """The condition on pictures that somebody has asked to erase already."""
    open_states = [JobState.HELD, JobState.QUEUED, JobState.RUNNING]
    asked = Erasure.objects.filter(state__in=open_states).order_by()

    def ids(target: ErasureTarget) -> QuerySet[Erasure, UUID]:
        each = Func(F("target_ids"), function="unnest", output_field=UUIDField())
        return asked.filter(target=target).annotate(one=each).values_list("one", flat=True)

    return (
        Q(pk__in=ids(ErasureTarget.IMAGES))
        | Q(subject__in=ids(ErasureTarget.SUBJECTS))
        | Q(gallery__in=ids(ErasureTarget.GALLERY))
    )


def shares(images: QuerySet[FaceImage]) -> list[Share]:
    """The pictures by gallery and register."""
    names = ("gallery_id", "gallery__name", "register_id", "register__name")
    rows = images.order_by("gallery__name", "register__name", "gallery_id", "register_id")
    return [Share(*row) for row in rows.values_list(*names).annotate(n=Count("pk"))]


def forecast(today: date, time_zone: str) -> Forecast:
    """The preview of a run on this day."""
    found = shares(removable(today))
    probes = unresolved(today, time_zone)
    live = FaceImage.objects.filter(expires_on__gt=today)
    counts = {
        str(days): Count("pk", filter=Q(expires_on__lte=today + timedelta(days=days)))
        for days in SOON
    }
    counted = live.aggregate(**{f"in_{days}": count for days, count in counts.items()})
    return Forecast(
        day=today,
        shares=found,
        images=sum(one.images for one in found),
        probes=probes.filter(case__held_at=None).count(),
        held_images=expired(today).filter(held_images()).count(),
        held_probes=probes.exclude(case__held_at=None).count(),
        soon=[(days, counted[f"in_{days}"]) for days in SOON],
    )
