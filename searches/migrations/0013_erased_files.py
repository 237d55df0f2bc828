"""Tombstones of erased files."""

import uuid

from django.db import migrations, models

from portal.rowsecurity import ProtectTenant

# Nothing is enrolled under what is being emptied: whichever of the two comes second waits.
LIVE = """
CREATE FUNCTION searches_guard_live_place() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM searches_gallery g WHERE g.agency_id = NEW.agency_id AND g.id = NEW.gallery_id
        AND g.erased_at IS NULL FOR SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'gallery_erased: the gallery was erased' USING ERRCODE = 'check_violation';
    END IF;
    PERFORM FROM searches_subject s WHERE s.agency_id = NEW.agency_id AND s.id = NEW.subject_id
        AND s.erased_at IS NULL FOR SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'subject_erased: the subject was erased' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER searches_guard_live_place BEFORE INSERT OR UPDATE OF subject_id, gallery_id
    ON searches_faceimage FOR EACH ROW EXECUTE FUNCTION searches_guard_live_place()
"""


class Migration(migrations.Migration):
    dependencies = [
        ("searches", "0012_registers"),
    ]

    operations = [
        migrations.CreateModel(
            name="ErasedFile",
            fields=[
                ("agency_id", models.BigIntegerField(editable=False)),
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("digest", models.CharField(max_length=64)),
                ("erasure_id", models.UUIDField()),
                ("erased_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "verbose_name": "erased file",
                "verbose_name_plural": "erased files",
                "constraints": [
                    models.UniqueConstraint(fields=("agency_id", "digest"), name="erased_file_once")
                ],
            },
        ),
        ProtectTenant("ErasedFile"),
        migrations.RunSQL(LIVE, migrations.RunSQL.noop),
    ]
