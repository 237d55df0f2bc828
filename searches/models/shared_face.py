"""What a search has from another agency's gallery: the grant it used, and candidates as copies."""

import uuid

from django.db import models

from accounts.purposes import SourceKind
from portal.tenancy import TenantForeignKey, TenantModel
from searches.models.search import Search


class SearchedGrant(TenantModel):
    """A gallery of another agency that a search was asked to look in, by which grant.

    It belongs to the agency that searches. The ids are of the owner's rows, which this agency
    cannot read: the database asks them when the row is made.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    search = TenantForeignKey(Search, models.CASCADE, related_name="searched_grants")
    owner_id = models.BigIntegerField(editable=False)
    owner_name = models.CharField(max_length=200, editable=False)
    grant_id = models.UUIDField(editable=False)
    use_id = models.UUIDField(editable=False)
    gallery_id = models.UUIDField(editable=False)
    gallery_name = models.CharField(max_length=120, editable=False)
    source_kind = models.CharField(max_length=30, choices=SourceKind.choices, editable=False)
    legal_basis = models.CharField(max_length=300, editable=False)

    class Meta:
        ordering = ["owner_name", "gallery_name", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["agency_id", "search", "gallery_id"], name="searched_grant_once"
            ),
            models.CheckConstraint(
                condition=~models.Q(owner_id=models.F("agency_id")),
                name="searched_grant_of_another_agency",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def title(self) -> str:
        """The gallery and whose it is, in words."""
        return f"{self.gallery_name} ({self.owner_name})"


class SharedFace(TenantModel):
    """A candidate from another agency's gallery: copies of its picture, and nothing that names it.

    The pictures lie in the store of the agency that searched and go with its search. `origin` says
    whose subject it is, sealed by the owner's key: only the owner can tell, once it is asked.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    search = TenantForeignKey(Search, models.CASCADE, related_name="shared_faces")
    searched_grant = TenantForeignKey(SearchedGrant, models.CASCADE, related_name="faces")
    reference = models.CharField(max_length=80, editable=False)
    origin = models.BinaryField(editable=False)
    collected_on = models.DateField(editable=False)
    portrait_key = models.CharField(max_length=80, editable=False)
    close_up_key = models.CharField(max_length=80, editable=False)
    picture_key = models.CharField(max_length=80, editable=False)
    picture_sha256 = models.CharField(max_length=64, editable=False)

    class Meta:
        ordering = ["reference"]
        constraints = [
            models.UniqueConstraint(
                fields=["agency_id", "search", "reference"], name="shared_face_reference_once"
            ),
            models.CheckConstraint(
                condition=~models.Q(origin=b"") & ~models.Q(reference=""),
                name="shared_face_given",
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def erased_at(self) -> None:
        """Enrolled pictures are emptied; a copy of one goes with its search."""
        return None

    @property
    def source(self) -> str:
        """Where the picture comes from, as enrolled pictures say it of themselves."""
        granted = self.searched_grant
        return f"{granted.get_source_kind_display()}, {granted.owner_name}"

    @property
    def legal_basis(self) -> str:
        return str(self.searched_grant.legal_basis)

    @property
    def file_keys(self) -> list[str]:
        return [self.portrait_key, self.close_up_key, self.picture_key]
