"""What the page of a gallery leads to about its end: retention, legal hold, erasure."""

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.permissions import Permission
from galleries.gallery_cards import CARDS, GalleryCard
from galleries.models import LegalHold
from galleries.services.holds import standing
from searches.models import Gallery


def _standing(gallery: Gallery) -> QuerySet[LegalHold]:
    return standing().filter(gallery=gallery)


CARDS += [
    GalleryCard(
        Permission.MANAGE_GALLERIES,
        _("Retention"),
        _("How long its pictures are kept."),
        "gallery_retention",
    ),
    GalleryCard(
        Permission.MANAGE_GALLERIES,
        _("Legal hold"),
        _("Keep everything in it for a court, whatever its age."),
        "hold_gallery",
        _standing,
    ),
    GalleryCard(
        Permission.ERASE,
        _("Erase the gallery"),
        _("All of it for good, with proof."),
        "erase_gallery",
    ),
]
