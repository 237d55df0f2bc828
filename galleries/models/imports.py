"""Bulk imports: what was handed in, each file of it, and the lanes on which workers take them."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.tenancy import TenantForeignKey, TenantModel
from searches.marked import is_given, is_whole, reference_field
from searches.models import FaceImage, Gallery, SourceRegister
from searches.sealed import sealed_column, sealed_text

MAX_NAME = 300


class ImportKind(models.TextChoices):
    ZIP = "zip", _("ZIP file")
    FOLDER = "folder", _("Folder")


class ImportStage(models.TextChoices):
    UPLOADING = "uploading", _("Uploading")
    CHECKING = "checking", _("Checking")
    READY = "ready", _("Waiting for you")
    RUNNING = "running", _("Running")
    PAUSED = "paused", _("Paused")
    DONE = "done", _("Done")
    CANCELLED = "cancelled", _("Cancelled")
    FAILED = "failed", _("Failed")


class FileState(models.TextChoices):
    LISTED = "listed", _("Not looked at yet")
    WAITING = "waiting", _("Waiting")
    ENROLLED = "enrolled", _("Enrolled")
    ALREADY = "already", _("There already")
    HELD = "held", _("Held for review")
    REJECTED = "rejected", _("Rejected")
    CANCELLED = "cancelled", _("Cancelled")


WORKED_ON = (ImportStage.CHECKING, ImportStage.RUNNING)
ENDED = (ImportStage.DONE, ImportStage.CANCELLED, ImportStage.FAILED)
OPEN = (FileState.LISTED, FileState.WAITING)


class ImportBatch(TenantModel):
    """Files that were handed in together. Every one belongs to `register` unless it says another.

    A trigger holds the stages to their order, and what was said at the beginning as it is.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    gallery = TenantForeignKey(Gallery, related_name="imports")
    register = TenantForeignKey(SourceRegister, related_name="+")
    collected_on = models.DateField(_("collected on"))
    kind = models.CharField(max_length=10, choices=ImportKind.choices)
    name = models.CharField(_("name"), max_length=MAX_NAME)
    stage = models.CharField(
        max_length=10, choices=ImportStage.choices, default=ImportStage.UPLOADING
    )
    size = models.BigIntegerField(default=0, help_text="bytes that are to come")
    received = models.BigIntegerField(default=0, help_text="bytes that are there")
    manifest_key = models.CharField(max_length=80, blank=True)
    manifest_name = models.CharField(max_length=MAX_NAME, blank=True)
    listed_at = models.DateTimeField(null=True, editable=False)
    files = models.PositiveIntegerField(default=0, help_text="lines of the report")
    passed_over = models.PositiveIntegerField(default=0, help_text="what is no file to look at")
    report = models.JSONField(default=dict, help_text="what the check found, counted")
    code = models.CharField(max_length=60, blank=True, help_text="why it failed or was paused")
    submission_key = models.UUIDField(default=uuid.uuid4, editable=False)
    requested_by_id = models.BigIntegerField(null=True, editable=False)
    requested_by_label = models.CharField(_("requested by"), max_length=254)
    created_at = models.DateTimeField(auto_now_add=True)
    touched_at = models.DateTimeField(auto_now_add=True, help_text="last part or change of stage")
    started_at = models.DateTimeField(null=True, editable=False)
    finished_at = models.DateTimeField(null=True, editable=False)
    cleared_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["agency_id", "submission_key"], name="import_submitted_once"
            ),
            models.CheckConstraint(
                condition=models.Q(stage__in=ImportStage.values)
                & models.Q(kind__in=ImportKind.values)
                & models.Q(name__regex=r"\S"),
                name="import_given",
            ),
            models.CheckConstraint(
                condition=models.Q(received__gte=0, received__lte=models.F("size")),
                name="import_received",
            ),
            models.CheckConstraint(
                condition=models.Q(stage="uploading")
                | models.Q(stage__in=["cancelled", "failed"])
                | models.Q(received=models.F("size")),
                name="import_complete",
            ),
            models.CheckConstraint(
                condition=~models.Q(stage="failed") | ~models.Q(code=""),
                name="import_failure_has_code",
            ),
            models.CheckConstraint(
                condition=~models.Q(stage__in=["done", "cancelled", "failed"])
                | models.Q(finished_at__isnull=False),
                name="import_end_has_moment",
            ),
        ]
        indexes = [models.Index(fields=["agency_id", "stage"], name="import_stage")]

    @property
    def has_ended(self) -> bool:
        return self.stage in ENDED

    @property
    def is_worked_on(self) -> bool:
        return self.stage in WORKED_ON

    def __str__(self) -> str:
        return f"{self.name} {self.stage}"


class ImportPart(TenantModel):
    """A piece of an upload, sealed as it came. It goes when the files are taken out of it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    batch = TenantForeignKey(ImportBatch, related_name="parts")
    start = models.BigIntegerField()
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    file_key = models.CharField(max_length=80)

    class Meta:
        verbose_name = _("part of an import")
        verbose_name_plural = _("parts of imports")
        ordering = ["start"]
        constraints = [
            models.UniqueConstraint(
                fields=["agency_id", "batch", "start"], name="import_part_once"
            ),
            models.CheckConstraint(
                condition=models.Q(start__gte=0, size__gte=1), name="import_part_somewhere"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.batch_id} {self.start}"


class ImportLane(TenantModel):
    """One of the lanes of an import: at most one worker at a time takes files for it.

    Lanes count what became of their files, so that a page adds a few rows up instead of counting
    a hundred thousand. `beat` makes bells that were rung before the last one void.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    batch = TenantForeignKey(ImportBatch, related_name="lanes")
    number = models.PositiveSmallIntegerField()
    beat = models.PositiveIntegerField(default=0)
    rung_at = models.DateTimeField(auto_now_add=True)
    checked = models.PositiveIntegerField(default=0)
    enrolled = models.PositiveIntegerField(default=0)
    already = models.PositiveIntegerField(default=0)
    held = models.PositiveIntegerField(default=0)
    rejected = models.PositiveIntegerField(default=0)
    pace = models.JSONField(default=list, help_text="[second, files done] of the last slices")

    class Meta:
        verbose_name = _("lane of an import")
        verbose_name_plural = _("lanes of imports")
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(
                fields=["agency_id", "batch", "number"], name="import_lane_once"
            ),
        ]

    @property
    def done(self) -> int:
        return self.enrolled + self.already + self.held + self.rejected

    def __str__(self) -> str:
        return f"{self.batch_id} {self.number}"


class ImportFile(TenantModel):
    """One line of an import: a file, or what a manifest says of one that is not there."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    batch = TenantForeignKey(ImportBatch, related_name="entries")
    position = models.PositiveIntegerField()
    name_sealed = sealed_column()
    name = sealed_text("name_sealed")
    """Where it lay in the upload, which often is a folder named by the subject's reference."""
    reference_sealed = sealed_column()
    reference = reference_field(verbose_name=_("subject reference"), blank=True)
    register = TenantForeignKey(SourceRegister, null=True, related_name="+")
    collected_on = models.DateField(null=True)
    expires_on = models.DateField(null=True)
    member = models.JSONField(null=True, help_text="where in the upload it lies, until it is out")
    file_key = models.CharField(max_length=80, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    state = models.CharField(max_length=10, choices=FileState.choices, default=FileState.LISTED)
    code = models.CharField(max_length=60, blank=True)
    lane = TenantForeignKey(ImportLane, null=True, related_name="taken")
    attempts = models.PositiveSmallIntegerField(default=0)
    image = TenantForeignKey(FaceImage, null=True, related_name="+")
    took_ms = models.PositiveIntegerField(null=True)

    class Meta:
        verbose_name = _("file of an import")
        verbose_name_plural = _("files of imports")
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(
                fields=["agency_id", "batch", "position"], name="import_file_once"
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=FileState.values), name="import_file_state"
            ),
            models.CheckConstraint(
                condition=models.Q(state="rejected") & ~models.Q(code="")
                | ~models.Q(state="rejected") & models.Q(code=""),
                name="import_file_rejected_has_code",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="enrolled") | models.Q(image__isnull=False, file_key=""),
                name="import_file_enrolled_has_image",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="waiting")
                | models.Q(sha256__regex="^[0-9a-f]{64}$")
                & ~models.Q(file_key="")
                & is_given("reference"),
                name="import_file_waiting_is_whole",
            ),
            models.CheckConstraint(
                condition=is_whole("reference") & ~models.Q(name_sealed=b""),
                name="import_file_sealed",
            ),
        ]
        indexes = [
            models.Index(
                fields=["agency_id", "batch", "state", "position"],
                condition=models.Q(state__in=["listed", "waiting"], lane=None),
                name="import_file_open",
            ),
            models.Index(
                fields=["agency_id", "batch", "position"],
                condition=models.Q(state="rejected"),
                name="import_file_rejected",
            ),
            models.Index(
                fields=["agency_id", "lane"],
                condition=models.Q(state__in=["listed", "waiting"], lane__isnull=False),
                name="import_file_taken",
            ),
            models.Index(fields=["agency_id", "batch", "sha256"], name="import_file_content"),
        ]

    @property
    def can_be_shown(self) -> bool:
        """Whether there is a picture of it that can be opened."""
        return bool(self.file_key) and not self.code.startswith("image_")

    def __str__(self) -> str:
        return f"{self.batch_id} {self.position} {self.state}"
