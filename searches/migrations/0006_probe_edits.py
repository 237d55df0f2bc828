"""When, where and by what a probe was taken; and what was done to it, each step by its hash."""

import uuid

import django.db.models.deletion
from django.db import migrations, models

import portal.tenancy
from portal.rowsecurity import ProtectTenant

KINDS = [
    ("cctv", "Surveillance camera"),
    ("body_worn", "Body-worn or vehicle camera of the agency"),
    ("witness_phone", "Phone of a victim or witness"),
    ("document_photo", "Photograph in a document"),
    ("social_media", "Account in a social network"),
    ("seized_device", "Seized device"),
    ("other", "Something else"),
]

OPERATIONS = [
    ("crop", "Cropped"),
    ("rotate", "Rotated"),
    ("brightness_contrast", "Brightness and contrast"),
    ("deinterlace", "Deinterlaced"),
    ("scale", "Scaled"),
]

# The service goes by the agency's own day. It is never later than the day at UTC+14.
DAYS = (
    "ALTER TABLE searches_probe ADD CONSTRAINT probe_captured_before_upload"
    " CHECK (captured_on <= (created_at AT TIME ZONE 'UTC' + interval '14 hours')::date)"
)

# Probes from before have no facts, and nobody can say what theirs were. Erasure empties texts and
# file; nothing else of an upload ever changes.
GUARD_UPLOAD = """
CREATE FUNCTION searches_guard_upload() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.captured_on IS NULL OR NEW.capture_kind = '' OR length(NEW.sealed_place) = 0 THEN
            RAISE EXCEPTION 'a probe says when, where and by what it was taken'
                USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF NEW.sha256 <> OLD.sha256 OR (NEW.file_key <> OLD.file_key AND NEW.file_key <> '') THEN
        RAISE EXCEPTION 'the uploaded picture does not change' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.captured_on IS DISTINCT FROM OLD.captured_on OR NEW.capture_kind <> OLD.capture_kind
        OR (NEW.sealed_place <> OLD.sealed_place AND length(NEW.sealed_place) > 0)
        OR (NEW.sealed_device <> OLD.sealed_device AND length(NEW.sealed_device) > 0)
    THEN
        RAISE EXCEPTION 'what was said of a picture when it was uploaded does not change'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER searches_guard_upload BEFORE INSERT OR UPDATE OF
    sha256, file_key, captured_on, capture_kind, sealed_place, sealed_device ON searches_probe
    FOR EACH ROW EXECUTE FUNCTION searches_guard_upload()
"""

# A parent and the current edit are edits of the very probe. The current one is emptied when the
# edits go with their agency, so that neither table has to go before the other.
CONSISTENT = [
    "ALTER TABLE searches_probeedit ADD CONSTRAINT searches_probeedit_of_probe"
    " UNIQUE (agency_id, probe_id, id)",
    "ALTER TABLE searches_probeedit ADD CONSTRAINT searches_probeedit_parent_of_probe"
    " FOREIGN KEY (agency_id, probe_id, parent_id)"
    " REFERENCES searches_probeedit (agency_id, probe_id, id) ON DELETE CASCADE"
    " DEFERRABLE INITIALLY DEFERRED",
    "ALTER TABLE searches_probe ADD CONSTRAINT searches_probe_current_edit"
    " FOREIGN KEY (agency_id, id, current_edit_id)"
    " REFERENCES searches_probeedit (agency_id, probe_id, id) ON DELETE SET NULL (current_edit_id)"
    " DEFERRABLE INITIALLY DEFERRED",
]

# After the insert: row-level security has its say before.
LINK = """
CREATE FUNCTION searches_link_probe_edit() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    linked text;
BEGIN
    IF NEW.parent_id IS NULL THEN
        SELECT sha256 INTO linked FROM searches_probe
            WHERE agency_id = NEW.agency_id AND id = NEW.probe_id;
    ELSE
        SELECT result_sha256 INTO linked FROM searches_probeedit
            WHERE agency_id = NEW.agency_id AND id = NEW.parent_id;
    END IF;
    IF linked IS DISTINCT FROM NEW.parent_sha256 THEN
        RAISE EXCEPTION 'an edit names the hash of the picture that it was made of'
            USING ERRCODE = 'check_violation';
    END IF;
    IF EXISTS (
        SELECT FROM searches_search WHERE agency_id = NEW.agency_id AND probe_id = NEW.probe_id
    ) THEN
        RAISE EXCEPTION 'a picture that was searched with is not edited'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER searches_link_probe_edit AFTER INSERT ON searches_probeedit
    FOR EACH ROW EXECUTE FUNCTION searches_link_probe_edit()
"""

# Erasure empties the file's key; the row stays as long as its agency.
KEEP = """
CREATE FUNCTION searches_keep_probe_edit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND EXISTS (
        SELECT FROM accounts_offboarding
        WHERE agency_id = OLD.agency_id AND state = 'destroying'
    ) THEN
        RETURN OLD;
    END IF;
    IF TG_OP = 'UPDATE' THEN
        IF NEW.file_key = '' AND to_jsonb(NEW) - 'file_key' = to_jsonb(OLD) - 'file_key' THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'edits of probes are append-only' USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER searches_keep_probe_edit BEFORE UPDATE OR DELETE ON searches_probeedit
    FOR EACH ROW EXECUTE FUNCTION searches_keep_probe_edit()
"""

PRIVILEGES = """
DO $$ DECLARE role_name text; BEGIN
    FOR role_name IN SELECT DISTINCT grantee FROM information_schema.role_table_grants
        WHERE table_name = 'searches_probeedit' AND privilege_type = 'INSERT'
        AND grantee NOT IN (current_user, 'PUBLIC')
    LOOP
        EXECUTE format('REVOKE UPDATE, TRUNCATE ON searches_probeedit FROM %I', role_name);
        EXECUTE format('GRANT UPDATE (file_key) ON searches_probeedit TO %I', role_name);
    END LOOP;
END $$
"""

SEARCHED = """
CREATE FUNCTION searches_keep_searched_picture() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM searches_search WHERE agency_id = NEW.agency_id AND probe_id = NEW.id
    ) AND NOT EXISTS (
        SELECT FROM accounts_offboarding
        WHERE agency_id = NEW.agency_id AND state = 'destroying'
    ) THEN
        RAISE EXCEPTION 'a picture that was searched with is not replaced'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER searches_keep_searched_picture BEFORE UPDATE OF current_edit_id ON searches_probe
    FOR EACH ROW WHEN (NEW.current_edit_id IS DISTINCT FROM OLD.current_edit_id)
    EXECUTE FUNCTION searches_keep_searched_picture()
"""


class Migration(migrations.Migration):
    dependencies = [("searches", "0005_cases"), ("accounts", "0007_offboarding")]

    operations = [
        migrations.AddField(
            "probe", "captured_on", models.DateField(null=True, verbose_name="captured on")
        ),
        migrations.AddField(
            "probe",
            "capture_kind",
            models.CharField(
                blank=True, choices=KINDS, default="", max_length=20, verbose_name="taken by"
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            "probe", "sealed_place", models.BinaryField(default=b"", editable=False)
        ),
        migrations.AddField(
            "probe", "sealed_device", models.BinaryField(default=b"", editable=False)
        ),
        migrations.AddConstraint(
            "probe",
            models.CheckConstraint(
                condition=models.Q(capture_kind__in=["", *(value for value, _ in KINDS)]),
                name="probe_capture_kind",
            ),
        ),
        migrations.CreateModel(
            name="ProbeEdit",
            fields=[
                ("agency_id", models.BigIntegerField(editable=False)),
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("parent_sha256", models.CharField(max_length=64)),
                (
                    "quarter_turns",
                    models.PositiveSmallIntegerField(
                        help_text="clockwise turns of the parent before the operation"
                    ),
                ),
                ("operation", models.CharField(choices=OPERATIONS, max_length=30)),
                ("parameters", models.JSONField()),
                ("result_sha256", models.CharField(help_text="of the PNG file", max_length=64)),
                ("width", models.PositiveIntegerField(help_text="of the result")),
                ("height", models.PositiveIntegerField()),
                ("file_key", models.CharField(max_length=80)),
                ("submission_key", models.UUIDField(editable=False)),
                ("made_by_id", models.BigIntegerField(editable=False, null=True)),
                ("made_by_label", models.CharField(max_length=254, verbose_name="made by")),
                ("made_at", models.DateTimeField(auto_now_add=True)),
                (
                    "parent",
                    portal.tenancy.TenantForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="searches.probeedit",
                    ),
                ),
                (
                    "probe",
                    portal.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="edits",
                        to="searches.probe",
                    ),
                ),
            ],
            options={
                "verbose_name": "edit of a probe",
                "verbose_name_plural": "edits of probes",
                "ordering": ["made_at"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("agency_id", "submission_key"), name="probeedit_submitted_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(operation__in=[value for value, _ in OPERATIONS]),
                        name="probeedit_operation",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(quarter_turns__lte=3), name="probeedit_turns"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            parent_sha256__regex="^[0-9a-f]{64}$",
                            result_sha256__regex="^[0-9a-f]{64}$",
                        ),
                        name="probeedit_hashes",
                    ),
                ],
            },
        ),
        migrations.AddField(
            "probe",
            "current_edit",
            portal.tenancy.TenantForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="searches.probeedit",
            ),
        ),
        migrations.RunSQL([DAYS, GUARD_UPLOAD], migrations.RunSQL.noop),
        ProtectTenant("ProbeEdit"),
        migrations.RunSQL(
            [*CONSISTENT, LINK, KEEP, PRIVILEGES, SEARCHED],
            migrations.RunSQL.noop,
        ),
    ]
