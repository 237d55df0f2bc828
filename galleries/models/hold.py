"""Legal holds: what a court or a proceeding still needs does not expire and is not erased."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.tenancy import TenantForeignKey, TenantModel
from searches.models import FaceImage, Gallery, Subject
from searches.sealed import sealed_column, sealed_text


class HoldTarget(models.TextChoices):
    GALLERY = "gallery", _("Gallery")
    SUBJECT = "subject", _("Subject")
    IMAGE = "image", _("Picture")


class LegalHold(TenantModel):
    """A hold on a gallery, a subject or one picture, with all that is in it.

    It is released once and never changed. The database refuses to empty what is held, whoever
    asks; `gallery` is the one that the held subject or picture is in.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    target = models.CharField(_("what"), max_length=10, choices=HoldTarget.choices)
    gallery = TenantForeignKey(Gallery, related_name="+")
    subject = TenantForeignKey(Subject, null=True, related_name="+")
    image = TenantForeignKey(FaceImage, null=True, related_name="+")
    submission_key = models.UUIDField(default=uuid.uuid4, editable=False)
    reason_sealed = sealed_column()
    reason = sealed_text("reason_sealed")
    placed_by_id = models.BigIntegerField(null=True, editable=False)
    placed_by_label = models.CharField(_("placed by"), max_length=254, editable=False)
    placed_at = models.DateTimeField(auto_now_add=True)
    released_at = models.DateTimeField(null=True, editable=False)
    released_by_id = models.BigIntegerField(null=True, editable=False)
    released_by_label = models.CharField(max_length=254, blank=True, editable=False)
    release_sealed = sealed_column()
    release_reason = sealed_text("release_sealed")

    class Meta:
        verbose_name = _("legal hold")
        verbose_name_plural = _("legal holds")
        ordering = ["-placed_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["agency_id", "submission_key"], name="hold_submitted_once"
            ),
            models.CheckConstraint(
                condition=models.Q(target="gallery", subject=None, image=None)
                | models.Q(target="subject", subject__isnull=False, image=None)
                | models.Q(target="image", subject=None, image__isnull=False),
                name="hold_target",
            ),
            models.CheckConstraint(
                condition=~models.Q(reason_sealed=b"") & ~models.Q(placed_by_label=""),
                name="hold_for_a_reason",
            ),
            models.CheckConstraint(
                condition=models.Q(released_at=None, release_sealed=b"", released_by_label="")
                | models.Q(released_at__isnull=False)
                & ~models.Q(release_sealed=b"")
                & ~models.Q(released_by_label=""),
                name="hold_released_for_a_reason",
            ),
        ]
        indexes = [
            models.Index(
                fields=["agency_id", "gallery"],
                condition=models.Q(released_at=None),
                name="hold_standing",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.target} in {self.gallery_id}"

    @property
    def is_standing(self) -> bool:
        return self.released_at is None
