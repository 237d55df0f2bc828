"""An agency that grants a gallery to another one, and searches in one of that one's."""

import uuid

from django.db.models import F

from accounts.actor import command_actor
from accounts.models import Agency
from accounts.services.agencies import create_agency
from portal.tenancy import scope
from searches.models import GalleryGrant, GrantUse, Probe
from tests.factories import make_license
from tests.searches.sharing_cast import make_grant, make_owner, search_shared


def full_sharing(agency: Agency, probe: Probe) -> None:
    """A row in every table of sharing; the other agency exists for this agency alone."""
    slug = f"cedar-{agency.slug}"
    other = create_agency(actor=command_actor("test", None), name="Cedar Police", slug=slug)
    make_license(other)
    grant = make_grant(make_owner(agency, subjects=0, name="Harbour people"), other)
    with scope(agency.pk):
        GalleryGrant.objects.filter(pk=grant.pk).update(searches_used=F("searches_used") + 1)
        GrantUse.objects.create(
            grant=grant,
            search_id=uuid.uuid4(),
            purpose="missing_person",
            basis="urgent",
            searched_by_label="somebody@cedar.example",
        )
    borrowed = make_grant(make_owner(other, subjects=1), agency)
    with scope(agency.pk):
        found = search_shared(command_actor("test", agency.pk), probe, [borrowed])
        assert found.shared_faces.count() == 1
