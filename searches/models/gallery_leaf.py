"""What of a gallery's version is worked out already; searches/gallery_versions.py says how."""

from django.db import models

from portal.tenancy import TenantModel


class GalleryLeaf(TenantModel):
    """The digest over the live pictures of one bucket of a gallery, as `seen` showed them.

    It holds as long as no GalleryMark of the bucket comes from a transaction that `seen` did not
    show. Transaction numbers mean something in one cluster only: a leaf of another is no leaf.
    """

    gallery_id = models.UUIDField()
    bucket = models.CharField(max_length=3)
    digest = models.CharField(max_length=64)
    images = models.PositiveIntegerField()
    last_enrolled_at = models.DateTimeField(null=True)
    changed_at = models.DateTimeField()
    seen = models.TextField(help_text="a pg_snapshot")
    cluster = models.CharField(max_length=20)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["agency_id", "gallery_id", "bucket"], name="gallery_leaf_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.gallery_id} {self.bucket}"


class GalleryMark(TenantModel):
    """That a transaction changed the pictures of a bucket. Triggers on the pictures write it.

    Marks are only added, so that nobody who enrols or erases waits for anybody else.
    """

    gallery_id = models.UUIDField()
    bucket = models.CharField(max_length=3)
    xid = models.BigIntegerField()
    at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["agency_id", "gallery_id", "bucket"], name="gallery_mark_bucket"),
        ]

    def __str__(self) -> str:
        return f"{self.gallery_id} {self.bucket}"
