"""The demo's gallery, with a duplicate check that suits drawn people."""

from accounts.access import agency_by_slug
from accounts.actor import command_actor
from accounts.purposes import SourceKind
from galleries.services.quality import change_quality
from portal.demo.cast import SLUG
from portal.tenancy import scope
from searches.models import DuplicateCheck, Gallery
from searches.quality_advice import limits_of
from searches.services.galleries import create_gallery

SOURCE, BASIS = "Candor's own drawings", "No real person is shown"
# Drawings of different people are more alike than photographs: by the published threshold nearly
# all of them would be held. Two pictures of one drawn person are about 0.989.
ALIKE = 0.99


def demo_gallery(name: str) -> None:
    """The gallery of that name; nothing when it is there already."""
    agency = agency_by_slug(SLUG)
    if agency is None:
        raise RuntimeError("The demo agency is missing")
    with scope(agency.pk):
        if Gallery.objects.filter(name=name).exists():
            return
        actor = command_actor("demo", agency.pk)
        gallery = create_gallery(
            actor=actor,
            name=name,
            source=SOURCE,
            source_kind=SourceKind.OTHER_LAWFUL_REGISTER,
            legal_basis=BASIS,
        )
        change_quality(
            actor=actor,
            gallery=gallery,
            duplicate_check=DuplicateCheck.OWN,
            duplicate_similarity=ALIKE,
            limits=limits_of(gallery),
        )
