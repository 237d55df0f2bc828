"""What the pages say of registers: how many pictures are of each, and which end soon."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count, F, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from searches.models import FaceImage, Gallery, GallerySource, SourceRegister

ENDS_SOON = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Use:
    """A gallery that has the register as a source, and how many of its images are of it."""

    gallery: Gallery
    images: int


def registers() -> QuerySet[SourceRegister]:
    """All registers, those in use first, with how many galleries and live images are of each."""
    images = FaceImage.objects.filter(register=OuterRef("pk")).order_by()
    image_count = images.values("register").annotate(n=Count("pk")).values("n")
    sources = GallerySource.objects.filter(
        register=OuterRef("pk"), removed_at=None, gallery__erased_at=None
    ).order_by()
    gallery_count = sources.values("register").annotate(n=Count("pk")).values("n")
    return SourceRegister.objects.annotate(
        image_count=Coalesce(Subquery(image_count), 0, output_field=IntegerField()),
        gallery_count=Coalesce(Subquery(gallery_count), 0, output_field=IntegerField()),
    ).order_by(F("retired_at").asc(nulls_first=True), "name")


def uses_of(register: SourceRegister) -> list[Use]:
    """The galleries of a register, by name."""
    images = FaceImage.objects.filter(gallery=OuterRef("gallery"), register=register).order_by()
    counted = images.values("gallery").annotate(n=Count("pk")).values("n")
    sources = GallerySource.objects.filter(
        register=register, removed_at=None, gallery__erased_at=None
    )
    rows = sources.annotate(n=Coalesce(Subquery(counted), 0, output_field=IntegerField()))
    found = rows.select_related("gallery").order_by("gallery__name")
    return [Use(row.gallery, row.n) for row in found]


def ending_soon(today: date | None = None) -> QuerySet[SourceRegister]:
    """Registers in use whose agreement has ended or ends within 30 days, the first first."""
    last = (today or timezone.localdate()) + ENDS_SOON
    found = SourceRegister.objects.filter(Q(agreement_ends__lte=last), retired_at=None)
    return found.order_by("agreement_ends", "name")
