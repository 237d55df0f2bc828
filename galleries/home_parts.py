"""What the first page has of galleries: what waits for a decision, and whose time is over."""

from collections.abc import Sequence
from datetime import timedelta

from django.db.models import Count as Number
from django.db.models import IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy

from accounts.home import COUNTS, LISTINGS, Count, Here, Listing, Tone, having
from accounts.models import Role
from accounts.permissions import Permission
from galleries.expiring import expired
from galleries.models import Erasure, ImportBatch, ImportStage, ReviewItem, ReviewKind, ReviewState
from galleries.models.imports import WORKED_ON
from searches.models import FaceImage, Gallery, JobState

SOON = timedelta(days=30)
SHOWN = 5
# An import in these does not go on by itself.
FOR_A_PERSON = (ImportStage.UPLOADING, ImportStage.READY, ImportStage.PAUSED)


def held(here: Here) -> "QuerySet[ReviewItem]":
    return ReviewItem.objects.filter(state=ReviewState.OPEN, kind=ReviewKind.HELD)


def findings(here: Here) -> "QuerySet[ReviewItem]":
    return ReviewItem.objects.filter(state=ReviewState.OPEN).exclude(kind=ReviewKind.HELD)


def over(here: Here) -> "QuerySet[FaceImage]":
    """What the next run of the retention looks at."""
    return expired(here.today)


def ending(here: Here) -> "QuerySet[FaceImage]":
    span = (here.today + timedelta(days=1), here.today + SOON)
    return FaceImage.objects.filter(expires_on__range=span)


def failed(here: Here) -> "QuerySet[Erasure]":
    return Erasure.objects.filter(state=JobState.FAILED)


COUNTS += [
    Count(
        Role.ADMIN,
        having(Permission.ENROL),
        gettext_lazy("Pictures held for review"),
        held,
        ("gallery_reviews",),
        f"kind={ReviewKind.HELD}",
    ),
    Count(
        Role.ADMIN,
        having(Permission.ENROL),
        gettext_lazy("Doubtful or double pictures"),
        findings,
        ("gallery_reviews",),
    ),
    Count(
        Role.ADMIN,
        having(Permission.MANAGE_GALLERIES),
        gettext_lazy("Pictures whose time is over"),
        over,
        ("retention",),
    ),
    Count(
        Role.ADMIN,
        having(Permission.MANAGE_GALLERIES),
        gettext_lazy("Pictures that expire within 30 days"),
        ending,
        ("retention",),
        tone=Tone.PLAIN,
    ),
    Count(
        Role.ADMIN,
        having(Permission.MANAGE_GALLERIES),
        gettext_lazy("Erasures that failed"),
        failed,
        ("erasures",),
        tone=Tone.LATE,
    ),
]


def wanting(here: Here) -> Sequence[Gallery]:
    """The galleries in which something waits or is at work, with how much of each.

    Where nothing does, one that says so (`wants`); nothing where there is no gallery.
    """
    imports = ImportBatch.objects.all()
    numbers = {
        "held": _each(held(here)),
        "imports_waiting": _each(imports.filter(stage__in=FOR_A_PERSON)),
        "imports_running": _each(imports.filter(stage__in=WORKED_ON)),
        "soon": _each(ending(here)),
    }
    some = Q(*((f"{name}__gt", 0) for name in numbers), _connector=Q.OR)
    galleries = Gallery.objects.annotate(**numbers).annotate(wants=some)
    rows = list(galleries.order_by("-wants", "name")[:SHOWN])
    return [one for one in rows if one.wants] or rows[:1]


def _each(rows: "QuerySet[ReviewItem] | QuerySet[ImportBatch] | QuerySet[FaceImage]") -> Coalesce:
    own = rows.filter(gallery=OuterRef("pk")).order_by().values("gallery_id")
    counted = own.annotate(n=Number("pk")).values("n")
    return Coalesce(Subquery(counted), 0, output_field=IntegerField())


LISTINGS.append(
    Listing(
        Role.ADMIN,
        having(Permission.MANAGE_GALLERIES),
        "galleries-wanting",
        gettext_lazy("Galleries"),
        "galleries/_home_galleries.html",
        wanting,
        ("galleries",),
        gettext_lazy("All galleries"),
        always=True,
    )
)
