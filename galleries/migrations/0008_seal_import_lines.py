"""Names of files and references in imports lie sealed, as references of subjects do."""

from django.db import migrations, models

from searches.marked import MarkedText
from searches.sealing_columns import SealColumn

KIND = "subject reference"
# As in 0002, over the columns that there are now.
GUARD_FILE = """
CREATE OR REPLACE FUNCTION galleries_guard_import_file() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    ways jsonb := '{
        "listed": ["waiting", "already", "rejected", "cancelled"],
        "waiting": ["enrolled", "already", "held", "rejected", "cancelled"]
    }';
BEGIN
    IF (NEW.id, NEW.agency_id, NEW.batch_id, NEW.position, NEW.name_sealed, NEW.reference_mark,
            NEW.reference_sealed, NEW.register_id, NEW.collected_on, NEW.expires_on)
        IS DISTINCT FROM (OLD.id, OLD.agency_id, OLD.batch_id, OLD.position, OLD.name_sealed,
            OLD.reference_mark, OLD.reference_sealed, OLD.register_id, OLD.collected_on,
            OLD.expires_on)
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
END $$
"""
# Where a file lies in its upload: its name stands sealed beside it.
WITHOUT_NAME = "member = jsonb_set(t.member, '{name}', '\"\"')"
GIVEN = ~models.Q(reference=b"") & ~models.Q(reference_sealed=b"")


class Migration(migrations.Migration):
    dependencies = [
        ("galleries", "0007_rewriting"),
        ("searches", "0024_seal_references"),
    ]

    operations = [
        migrations.RemoveConstraint("importfile", "import_file_waiting_is_whole"),
        migrations.RenameField("importfile", "name", "name_clear"),
        migrations.RenameField("importfile", "reference", "reference_clear"),
        migrations.AddField(
            "importfile", "name_sealed", models.BinaryField(default=b"", editable=False)
        ),
        migrations.AddField(
            "importfile", "reference_sealed", models.BinaryField(default=b"", editable=False)
        ),
        migrations.AddField(
            "importfile",
            "reference",
            MarkedText(
                blank=True,
                db_column="reference_mark",
                default=b"",
                editable=True,
                kind=KIND,
                max_length=120,
                sealed="reference_sealed",
                verbose_name="subject reference",
            ),
            preserve_default=False,
        ),
        SealColumn(
            "importfile", "reference_clear", "reference_sealed", mark="reference_mark", kind=KIND
        ),
        SealColumn("importfile", "name_clear", "name_sealed", also=WITHOUT_NAME),
        migrations.RemoveField("importfile", "name_clear"),
        migrations.RemoveField("importfile", "reference_clear"),
        migrations.AddConstraint(
            "importfile",
            models.CheckConstraint(
                condition=~models.Q(state="waiting")
                | models.Q(sha256__regex="^[0-9a-f]{64}$") & ~models.Q(file_key="") & GIVEN,
                name="import_file_waiting_is_whole",
            ),
        ),
        migrations.AddConstraint(
            "importfile",
            models.CheckConstraint(
                condition=(GIVEN | models.Q(reference=b"", reference_sealed=b""))
                & ~models.Q(name_sealed=b""),
                name="import_file_sealed",
            ),
        ),
        migrations.RunSQL(GUARD_FILE),
    ]
