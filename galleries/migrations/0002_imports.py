"""Bulk imports: batches, parts of uploads, files, lanes; their guards, and the sweeper's question."""

import uuid

import django.db.models.deletion
from django.db import migrations, models

import portal.tenancy
from portal.rowsecurity import ProtectTenant

# An import goes one way; what was said when it was opened stays as it was said.
GUARD_BATCH = """
CREATE FUNCTION galleries_guard_import() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    ways jsonb := '{
        "uploading": ["checking", "cancelled", "failed"],
        "checking": ["ready", "cancelled", "failed"],
        "ready": ["running", "cancelled"],
        "running": ["paused", "done", "cancelled"],
        "paused": ["running", "cancelled"]
    }';
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.stage <> 'uploading' OR NEW.started_at IS NOT NULL THEN
            RAISE EXCEPTION 'import_begins_with_upload' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.id, NEW.agency_id, NEW.gallery_id, NEW.register_id, NEW.collected_on, NEW.kind,
            NEW.name, NEW.submission_key, NEW.requested_by_id, NEW.requested_by_label,
            NEW.created_at)
        IS DISTINCT FROM (OLD.id, OLD.agency_id, OLD.gallery_id, OLD.register_id,
            OLD.collected_on, OLD.kind, OLD.name, OLD.submission_key, OLD.requested_by_id,
            OLD.requested_by_label, OLD.created_at)
        OR OLD.started_at IS NOT NULL AND NEW.started_at IS DISTINCT FROM OLD.started_at
        OR NEW.received < OLD.received AND OLD.stage = 'uploading' THEN
        RAISE EXCEPTION 'import_does_not_change' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.stage <> OLD.stage AND NOT coalesce(ways -> OLD.stage ? NEW.stage, false)
        OR NEW.stage = 'running' AND NEW.started_at IS NULL THEN
        RAISE EXCEPTION 'import_stage % to %', OLD.stage, NEW.stage
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER galleries_guard_import BEFORE INSERT OR UPDATE ON galleries_importbatch
    FOR EACH ROW EXECUTE FUNCTION galleries_guard_import()
"""

# A file has one outcome. Nothing is enrolled before somebody has said so, and then only as what
# was checked.
GUARD_FILE = """
CREATE FUNCTION galleries_guard_import_file() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    ways jsonb := '{
        "listed": ["waiting", "already", "rejected", "cancelled"],
        "waiting": ["enrolled", "already", "held", "rejected", "cancelled"]
    }';
BEGIN
    IF (NEW.id, NEW.agency_id, NEW.batch_id, NEW.position, NEW.name, NEW.reference,
            NEW.register_id, NEW.collected_on, NEW.expires_on)
        IS DISTINCT FROM (OLD.id, OLD.agency_id, OLD.batch_id, OLD.position, OLD.name,
            OLD.reference, OLD.register_id, OLD.collected_on, OLD.expires_on)
        OR OLD.sha256 <> '' AND NEW.sha256 <> OLD.sha256
        OR OLD.image_id IS NOT NULL AND NEW.image_id IS DISTINCT FROM OLD.image_id THEN
        RAISE EXCEPTION 'import_file_does_not_change' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.state = OLD.state THEN
        RETURN NEW;
    END IF;
    IF NOT coalesce(ways -> OLD.state ? NEW.state, false) THEN
        RAISE EXCEPTION 'import_file_state % to %', OLD.state, NEW.state
            USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.state IN ('enrolled', 'held') AND NOT EXISTS (
        SELECT 1 FROM galleries_importbatch b LEFT JOIN searches_faceimage i
            ON i.id = NEW.image_id AND i.agency_id = b.agency_id
        WHERE b.id = NEW.batch_id AND b.agency_id = NEW.agency_id AND b.started_at IS NOT NULL
        AND (NEW.state = 'held' OR i.gallery_id = b.gallery_id AND i.sha256 = NEW.sha256)
    ) THEN
        RAISE EXCEPTION 'import_not_started' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER galleries_guard_import_file BEFORE UPDATE ON galleries_importfile
    FOR EACH ROW EXECUTE FUNCTION galleries_guard_import_file()
"""

OVERDUE = """
CREATE FUNCTION galleries_overdue_imports(age interval)
RETURNS TABLE (kind text, job_agency bigint, job uuid) LANGUAGE plpgsql AS $$
DECLARE
    before text := coalesce(current_setting('candor.agency_id', true), '');
    agency bigint;
BEGIN
    FOR agency IN SELECT a.id FROM accounts_agency a ORDER BY a.id LOOP
        PERFORM set_config('candor.agency_id', agency::text, true);
        RETURN QUERY SELECT 'import lane', l.agency_id, l.id FROM galleries_importbatch b
            JOIN galleries_importlane l ON l.batch_id = b.id AND l.agency_id = b.agency_id
            WHERE b.agency_id = agency AND b.stage IN ('checking', 'running')
            AND l.rung_at < now() - age;
    END LOOP;
    PERFORM set_config('candor.agency_id', before, true);
END $$
"""

MODELS = ("ImportBatch", "ImportPart", "ImportLane", "ImportFile")


class Migration(migrations.Migration):
    dependencies = [
        ("galleries", "0001_erasures"),
        ("searches", "0013_erased_files"),
    ]

    operations = [
        migrations.CreateModel(
            name="ImportBatch",
            fields=[
                ("agency_id", models.BigIntegerField(editable=False)),
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("collected_on", models.DateField(verbose_name="collected on")),
                (
                    "kind",
                    models.CharField(
                        choices=[("zip", "ZIP file"), ("folder", "Folder")], max_length=10
                    ),
                ),
                ("name", models.CharField(max_length=300, verbose_name="name")),
                (
                    "stage",
                    models.CharField(
                        choices=[
                            ("uploading", "Uploading"),
                            ("checking", "Checking"),
                            ("ready", "Waiting for you"),
                            ("running", "Running"),
                            ("paused", "Paused"),
                            ("done", "Done"),
                            ("cancelled", "Cancelled"),
                            ("failed", "Failed"),
                        ],
                        default="uploading",
                        max_length=10,
                    ),
                ),
                ("size", models.BigIntegerField(default=0, help_text="bytes that are to come")),
                ("received", models.BigIntegerField(default=0, help_text="bytes that are there")),
                ("manifest_key", models.CharField(blank=True, max_length=80)),
                ("manifest_name", models.CharField(blank=True, max_length=300)),
                ("listed_at", models.DateTimeField(editable=False, null=True)),
                ("files", models.PositiveIntegerField(default=0, help_text="lines of the report")),
                (
                    "passed_over",
                    models.PositiveIntegerField(default=0, help_text="what is no file to look at"),
                ),
                (
                    "report",
                    models.JSONField(default=dict, help_text="what the check found, counted"),
                ),
                (
                    "code",
                    models.CharField(
                        blank=True, help_text="why it failed or was paused", max_length=60
                    ),
                ),
                ("submission_key", models.UUIDField(default=uuid.uuid4, editable=False)),
                ("requested_by_id", models.BigIntegerField(editable=False, null=True)),
                (
                    "requested_by_label",
                    models.CharField(max_length=254, verbose_name="requested by"),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "touched_at",
                    models.DateTimeField(
                        auto_now_add=True, help_text="last part or change of stage"
                    ),
                ),
                ("started_at", models.DateTimeField(editable=False, null=True)),
                ("finished_at", models.DateTimeField(editable=False, null=True)),
                ("cleared_at", models.DateTimeField(editable=False, null=True)),
                (
                    "gallery",
                    portal.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="imports",
                        to="searches.gallery",
                    ),
                ),
                (
                    "register",
                    portal.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="searches.sourceregister",
                    ),
                ),
            ],
            options={
                "verbose_name": "import",
                "verbose_name_plural": "imports",
                "ordering": ["-created_at"],
            },
        ),
        migrations.CreateModel(
            name="ImportLane",
            fields=[
                ("agency_id", models.BigIntegerField(editable=False)),
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("number", models.PositiveSmallIntegerField()),
                ("beat", models.PositiveIntegerField(default=0)),
                ("rung_at", models.DateTimeField(auto_now_add=True)),
                ("checked", models.PositiveIntegerField(default=0)),
                ("enrolled", models.PositiveIntegerField(default=0)),
                ("already", models.PositiveIntegerField(default=0)),
                ("held", models.PositiveIntegerField(default=0)),
                ("rejected", models.PositiveIntegerField(default=0)),
                (
                    "pace",
                    models.JSONField(
                        default=list, help_text="[second, files done] of the last slices"
                    ),
                ),
                (
                    "batch",
                    portal.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="lanes",
                        to="galleries.importbatch",
                    ),
                ),
            ],
            options={
                "verbose_name": "lane of an import",
                "verbose_name_plural": "lanes of imports",
                "ordering": ["number"],
            },
        ),
        migrations.CreateModel(
            name="ImportFile",
            fields=[
                ("agency_id", models.BigIntegerField(editable=False)),
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("position", models.PositiveIntegerField()),
                ("name", models.CharField(max_length=300, verbose_name="file")),
                (
                    "reference",
                    models.CharField(blank=True, max_length=120, verbose_name="subject reference"),
                ),
                ("collected_on", models.DateField(null=True)),
                ("expires_on", models.DateField(null=True)),
                (
                    "member",
                    models.JSONField(
                        help_text="where in the upload it lies, until it is out", null=True
                    ),
                ),
                ("file_key", models.CharField(blank=True, max_length=80)),
                ("sha256", models.CharField(blank=True, max_length=64)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("listed", "Not looked at yet"),
                            ("waiting", "Waiting"),
                            ("enrolled", "Enrolled"),
                            ("already", "There already"),
                            ("held", "Held for review"),
                            ("rejected", "Rejected"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="listed",
                        max_length=10,
                    ),
                ),
                ("code", models.CharField(blank=True, max_length=60)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("took_ms", models.PositiveIntegerField(null=True)),
                (
                    "batch",
                    portal.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="entries",
                        to="galleries.importbatch",
                    ),
                ),
                (
                    "image",
                    portal.tenancy.TenantForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="searches.faceimage",
                    ),
                ),
                (
                    "register",
                    portal.tenancy.TenantForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="searches.sourceregister",
                    ),
                ),
                (
                    "lane",
                    portal.tenancy.TenantForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="taken",
                        to="galleries.importlane",
                    ),
                ),
            ],
            options={
                "verbose_name": "file of an import",
                "verbose_name_plural": "files of imports",
                "ordering": ["position"],
            },
        ),
        migrations.CreateModel(
            name="ImportPart",
            fields=[
                ("agency_id", models.BigIntegerField(editable=False)),
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("start", models.BigIntegerField()),
                ("size", models.PositiveIntegerField()),
                ("sha256", models.CharField(max_length=64)),
                ("file_key", models.CharField(max_length=80)),
                (
                    "batch",
                    portal.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="parts",
                        to="galleries.importbatch",
                    ),
                ),
            ],
            options={
                "verbose_name": "part of an import",
                "verbose_name_plural": "parts of imports",
                "ordering": ["start"],
            },
        ),
        migrations.AddIndex(
            model_name="importbatch",
            index=models.Index(fields=["agency_id", "stage"], name="import_stage"),
        ),
        migrations.AddConstraint(
            model_name="importbatch",
            constraint=models.UniqueConstraint(
                fields=("agency_id", "submission_key"), name="import_submitted_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="importbatch",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "stage__in",
                        [
                            "uploading",
                            "checking",
                            "ready",
                            "running",
                            "paused",
                            "done",
                            "cancelled",
                            "failed",
                        ],
                    ),
                    ("kind__in", ["zip", "folder"]),
                    ("name__regex", "\\S"),
                ),
                name="import_given",
            ),
        ),
        migrations.AddConstraint(
            model_name="importbatch",
            constraint=models.CheckConstraint(
                condition=models.Q(("received__gte", 0), ("received__lte", models.F("size"))),
                name="import_received",
            ),
        ),
        migrations.AddConstraint(
            model_name="importbatch",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("stage", "uploading"),
                    ("stage__in", ["cancelled", "failed"]),
                    ("received", models.F("size")),
                    _connector="OR",
                ),
                name="import_complete",
            ),
        ),
        migrations.AddConstraint(
            model_name="importbatch",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("stage", "failed"), _negated=True),
                    models.Q(("code", ""), _negated=True),
                    _connector="OR",
                ),
                name="import_failure_has_code",
            ),
        ),
        migrations.AddConstraint(
            model_name="importbatch",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("stage__in", ["done", "cancelled", "failed"]), _negated=True),
                    ("finished_at__isnull", False),
                    _connector="OR",
                ),
                name="import_end_has_moment",
            ),
        ),
        migrations.AddConstraint(
            model_name="importlane",
            constraint=models.UniqueConstraint(
                fields=("agency_id", "batch", "number"), name="import_lane_once"
            ),
        ),
        migrations.AddIndex(
            model_name="importfile",
            index=models.Index(
                condition=models.Q(("lane", None), ("state__in", ["listed", "waiting"])),
                fields=["agency_id", "batch", "state", "position"],
                name="import_file_open",
            ),
        ),
        migrations.AddIndex(
            model_name="importfile",
            index=models.Index(
                condition=models.Q(("state", "rejected")),
                fields=["agency_id", "batch", "position"],
                name="import_file_rejected",
            ),
        ),
        migrations.AddIndex(
            model_name="importfile",
            index=models.Index(
                condition=models.Q(("lane__isnull", False), ("state__in", ["listed", "waiting"])),
                fields=["agency_id", "lane"],
                name="import_file_taken",
            ),
        ),
        migrations.AddIndex(
            model_name="importfile",
            index=models.Index(fields=["agency_id", "batch", "sha256"], name="import_file_content"),
        ),
        migrations.AddConstraint(
            model_name="importfile",
            constraint=models.UniqueConstraint(
                fields=("agency_id", "batch", "position"), name="import_file_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="importfile",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "state__in",
                        [
                            "listed",
                            "waiting",
                            "enrolled",
                            "already",
                            "held",
                            "rejected",
                            "cancelled",
                        ],
                    )
                ),
                name="import_file_state",
            ),
        ),
        migrations.AddConstraint(
            model_name="importfile",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "rejected"), models.Q(("code", ""), _negated=True)),
                    models.Q(models.Q(("state", "rejected"), _negated=True), ("code", "")),
                    _connector="OR",
                ),
                name="import_file_rejected_has_code",
            ),
        ),
        migrations.AddConstraint(
            model_name="importfile",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "enrolled"), _negated=True),
                    models.Q(("file_key", ""), ("image__isnull", False)),
                    _connector="OR",
                ),
                name="import_file_enrolled_has_image",
            ),
        ),
        migrations.AddConstraint(
            model_name="importfile",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "waiting"), _negated=True),
                    models.Q(
                        ("sha256__regex", "^[0-9a-f]{64}$"),
                        models.Q(("file_key", ""), _negated=True),
                        models.Q(("reference", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="import_file_waiting_is_whole",
            ),
        ),
        migrations.AddConstraint(
            model_name="importpart",
            constraint=models.UniqueConstraint(
                fields=("agency_id", "batch", "start"), name="import_part_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="importpart",
            constraint=models.CheckConstraint(
                condition=models.Q(("size__gte", 1), ("start__gte", 0)),
                name="import_part_somewhere",
            ),
        ),
        *(ProtectTenant(model) for model in MODELS),
        *(
            migrations.RunSQL(statement, migrations.RunSQL.noop)
            for statement in (GUARD_BATCH, GUARD_FILE, OVERDUE)
        ),
    ]
