"""The cards of a gallery's page, in their order; what ends it comes after (retention_cards.py)."""

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.permissions import Permission
from galleries.gallery_cards import CARDS, GalleryCard
from galleries.models import ImportBatch, ImportStage, ReviewItem, ReviewState
from searches.models import Gallery

UNDER_WAY = (ImportStage.UPLOADING, ImportStage.CHECKING, ImportStage.READY, ImportStage.PAUSED)


def imports_waiting(gallery: Gallery) -> QuerySet[ImportBatch]:
    """Imports that wait for a person."""
    return ImportBatch.objects.filter(gallery=gallery, stage__in=UNDER_WAY)


def reviews_waiting(gallery: Gallery) -> QuerySet[ReviewItem]:
    return ReviewItem.objects.filter(gallery=gallery, state=ReviewState.OPEN)


CARDS += [
    GalleryCard(
        Permission.ENROL,
        _("Imports"),
        _("Many pictures at once, from a ZIP file or with a manifest."),
        "imports",
        imports_waiting,
    ),
    GalleryCard(
        Permission.ENROL,
        _("Reviews"),
        _("Pictures that are held, doubtful or twice there, for a person to decide on."),
        "gallery_reviews",
        reviews_waiting,
        of_all_galleries=True,
    ),
    GalleryCard(
        Permission.ENROL,
        _("Hygiene"),
        _("Compare all its pictures with one another, for what is doubtful or twice there."),
        "gallery_hygiene",
    ),
    GalleryCard(
        Permission.VIEW_GALLERIES,
        _("Scores"),
        _("How often an unrelated face would be as similar here, and the threshold."),
        "gallery_scores",
    ),
    GalleryCard(
        Permission.MANAGE_GALLERIES,
        _("Quality"),
        _("What counts as a good picture here, and when a new one is held for review."),
        "gallery_quality",
    ),
    GalleryCard(
        Permission.MANAGE_GALLERIES,
        _("Engine"),
        _("By which engine the gallery is searched, and how it changes to another."),
        "engine_changes",
    ),
    GalleryCard(
        Permission.MANAGE_GALLERIES,
        _("Search by other agencies"),
        _("To whom a search in this gallery is granted, and each use of it."),
        "gallery_grants",
    ),
]
