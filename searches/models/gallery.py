"""Galleries, the subjects enrolled in them, and their pictures with provenance."""

import uuid
from typing import Any, ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.purposes import SourceKind
from portal.tenancy import TenantForeignKey, TenantModel
from searches.marked import NO_REFERENCE, is_given, reference_field
from searches.models.erasable import Erasable, LiveSubjectManager
from searches.models.register import NOT_BLANK, SourceRegister
from searches.sealed import sealed_column


class DuplicateCheck(models.TextChoices):
    """By which similarity a new picture is held when it resembles another subject."""

    PUBLISHED = "published", _("The threshold that the engine's makers publish")
    OWN = "own", _("A similarity of our own")
    OFF = "off", _("No check")


def initial_duplicate_check() -> str:
    """What a new gallery begins with."""
    return str(settings.DUPLICATE_CHECK)


class Contract(models.Model):
    """An embedding contract that templates were made under; the same for all agencies."""

    contract = models.CharField(max_length=100, unique=True)
    engine = models.CharField(max_length=40)
    dimension = models.PositiveSmallIntegerField()

    def __str__(self) -> str:
        return f"{self.engine} {self.contract[-12:]}"


class Gallery(Erasable):
    """Pictures an agency lawfully holds, with the basis on which it holds them."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(_("name"), max_length=120)
    contract = models.ForeignKey(Contract, models.PROTECT, null=True, editable=False)
    """What its templates are searched under; None until the first picture is enrolled."""
    source = models.CharField(
        _("source register"),
        max_length=200,
        help_text=_("The register the pictures come from, for example the custody register."),
    )
    source_kind = models.CharField(
        _("kind of source"),
        max_length=30,
        choices=SourceKind.choices,
        help_text=_("A license grants some kinds of register. The kind never changes."),
    )
    legal_basis = models.CharField(
        _("legal basis"),
        max_length=300,
        help_text=_("The law, order or consent under which the agency holds the pictures."),
    )
    retention_days = models.PositiveIntegerField(
        _("retention in days"),
        default=1095,
        validators=[MinValueValidator(1), MaxValueValidator(36500)],
        help_text=_("A picture expires this many days after its enrolment."),
    )
    duplicate_check = models.CharField(
        _("duplicate check"),
        max_length=10,
        choices=DuplicateCheck.choices,
        default=initial_duplicate_check,
    )
    duplicate_similarity = models.FloatField(_("similarity"), null=True, blank=True)
    duplicate_contract = models.ForeignKey(
        Contract, models.PROTECT, null=True, editable=False, related_name="+"
    )
    """The contract that `duplicate_similarity` was chosen for; it means nothing under another."""
    quality_limits = models.JSONField(default=dict, editable=False)
    """Limits that differ from searches.quality_advice, {measure: [least, most]}; advice only."""
    wished_fpir = models.FloatField(null=True, editable=False)
    """The share 0..1 of searches of strangers that may bring a candidate; None: no threshold."""
    created_by_label = models.CharField(max_length=254, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("gallery")
        verbose_name_plural = _("galleries")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["agency_id", "name"],
                condition=models.Q(erased_at=None),
                name="gallery_name_once",
                violation_error_message=_(
                    "There is a gallery of this name already. Choose another name."
                ),
            ),
            models.CheckConstraint(
                condition=models.Q(erased_at__isnull=False)
                | models.Q(source__regex=NOT_BLANK)
                & models.Q(legal_basis__regex=NOT_BLANK)
                & models.Q(name__regex=NOT_BLANK),
                name="gallery_provenance",
            ),
            models.CheckConstraint(
                condition=models.Q(retention_days__gte=1), name="gallery_retention"
            ),
            models.CheckConstraint(
                condition=models.Q(source_kind__in=SourceKind.values), name="gallery_source_kind"
            ),
            models.CheckConstraint(
                condition=models.Q(wished_fpir=None)
                | models.Q(wished_fpir__gte=0.0001, wished_fpir__lte=0.5),
                name="gallery_wished_fpir",
            ),
            models.CheckConstraint(
                condition=models.Q(duplicate_check__in=["published", "off"])
                | models.Q(
                    duplicate_check="own",
                    duplicate_similarity__gt=-1.0,
                    duplicate_similarity__lte=1.0,
                ),
                name="gallery_duplicate_check",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class GallerySource(TenantModel):
    """A register whose pictures a gallery may hold; of the gallery's own kind."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    gallery = TenantForeignKey(Gallery, related_name="sources")
    register = TenantForeignKey(SourceRegister, related_name="galleries")
    added_by_label = models.CharField(max_length=254, editable=False)
    added_at = models.DateTimeField(auto_now_add=True)
    removed_at = models.DateTimeField(null=True, editable=False)
    """Since when it is none any more; a picture that was erased may still be of it."""

    class Meta:
        verbose_name = _("source of a gallery")
        verbose_name_plural = _("sources of galleries")
        ordering = ["added_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["agency_id", "gallery", "register"], name="gallery_source_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.gallery_id} {self.register_id}"


class Subject(Erasable):
    """A person enrolled in a gallery, known by the agency's own reference."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    gallery = TenantForeignKey(Gallery, related_name="subjects")
    reference_sealed = sealed_column()
    reference = reference_field(verbose_name=_("subject reference"))
    created_at = models.DateTimeField(auto_now_add=True)
    best_image_id = models.UUIDField(null=True, editable=False)
    """The picture that represents the subject: the one of the highest rank, or the one that a
    person pinned. The database keeps it right when pictures come and go (migration 0014)."""
    best_is_pinned = models.BooleanField(default=False, editable=False)
    merged_into = models.UUIDField(null=True, editable=False)
    """The subject that this one turned out to be. Its reference still leads there."""

    objects: ClassVar[LiveSubjectManager[Any]] = LiveSubjectManager()

    class Meta:
        verbose_name = _("subject")
        verbose_name_plural = _("subjects")
        ordering = ["-created_at", "-id"]
        constraints = [
            # In this order, so that one is found in all galleries at once, too.
            models.UniqueConstraint(
                fields=["agency_id", "reference", "gallery"],
                condition=models.Q(erased_at=None),
                name="subject_reference_once",
            ),
            models.CheckConstraint(
                condition=is_given("reference") | models.Q(erased_at__isnull=False, **NO_REFERENCE),
                name="subject_reference_given",
            ),
        ]
        indexes = [
            # A gallery's list, those that were enrolled last first.
            models.Index(
                fields=["agency_id", "gallery", "-created_at", "-id"],
                condition=models.Q(erased_at=None, merged_into=None),
                name="subject_newest",
            ),
        ]

    def __str__(self) -> str:
        return str(self.reference)


class FaceImage(Erasable):
    """An enrolled picture of a subject. Where it comes from is part of it, not a note on it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    gallery = TenantForeignKey(Gallery, related_name="+")
    subject = TenantForeignKey(Subject, related_name="images")
    register = TenantForeignKey(SourceRegister, related_name="+")
    sha256 = models.CharField(max_length=64, help_text="of the file as it was handed in")
    file_key = models.CharField(max_length=80)
    portrait_key = models.CharField(max_length=80)
    media_type = models.CharField(max_length=40)
    face = models.JSONField(help_text="box, landmarks, score and quality in the upright picture")
    measures = models.JSONField(default=dict, help_text="engines.measures; empty: not measured")
    rank = models.FloatField(default=0.0, help_text="engines.best_shot, 0..100")
    duplicates_checked = models.BooleanField(default=False)
    """Whether the gallery was searched for it before it was enrolled."""
    quarter_turns = models.PositiveSmallIntegerField(default=0)
    source = models.CharField(_("source register"), max_length=200)
    legal_basis = models.CharField(_("legal basis"), max_length=300)
    collected_on = models.DateField(_("collected on"))
    enrolled_by_id = models.BigIntegerField(null=True)
    enrolled_by_label = models.CharField(_("enrolled by"), max_length=254)
    enrolled_at = models.DateTimeField(auto_now_add=True)
    expires_on = models.DateField(_("expires on"))
    expires_given = models.DateField(null=True, editable=False)
    """The day that was given at its enrolment; no rule ever gives a later one."""

    class Meta:
        verbose_name = _("face image")
        verbose_name_plural = _("face images")
        ordering = ["enrolled_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["agency_id", "gallery", "sha256"],
                condition=models.Q(erased_at=None),
                name="image_once_per_gallery",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    erased_at=None,
                    source__regex=NOT_BLANK,
                    legal_basis__regex=NOT_BLANK,
                    enrolled_by_label__regex=NOT_BLANK,
                    sha256__regex=r"^[0-9a-f]{64}$",
                )
                | models.Q(erased_at__isnull=False, sha256="", file_key="", portrait_key=""),
                name="image_provenance",
            ),
            models.CheckConstraint(
                condition=models.Q(expires_given=None)
                | models.Q(expires_on__lte=models.F("expires_given")),
                name="image_expires_as_given",
            ),
        ]
        indexes = [
            models.Index(
                fields=["agency_id", "expires_on"],
                condition=models.Q(erased_at=None),
                name="image_expiry",
            ),
            # What a gallery's page and its version ask for, without reading the pictures' rows.
            models.Index(
                fields=["agency_id", "gallery", "id"],
                include=["sha256", "enrolled_at"],
                condition=models.Q(erased_at=None),
                name="image_members",
            ),
            models.Index(
                fields=["agency_id", "gallery", "enrolled_at"],
                condition=models.Q(erased_at=None),
                name="image_enrolled",
            ),
            models.Index(
                fields=["agency_id", "gallery", "expires_on"],
                condition=models.Q(erased_at=None),
                name="image_gallery_expiry",
            ),
            models.Index(
                fields=["agency_id", "gallery", "register", "collected_on"],
                condition=models.Q(erased_at=None),
                name="image_origin",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subject_id} {self.sha256[:12]}"
