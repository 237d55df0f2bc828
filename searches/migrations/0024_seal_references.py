"""References of subjects lie sealed, with a mark to look them up by (docs/adr/0024)."""

from django.db import migrations, models

from searches.marked import MarkedText
from searches.sealing_columns import SealColumn

KIND = "subject reference"
MARK = {"kind": KIND, "sealed": "reference_sealed", "db_column": "reference_mark"}
# An emptied subject takes those with it that were merged into it.
ERASE_MERGED = """
CREATE OR REPLACE FUNCTION searches_erase_merged() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE searches_subject SET erased_at = NEW.erased_at,
        reference_mark = '', reference_sealed = ''
        WHERE agency_id = NEW.agency_id AND merged_into = NEW.id AND erased_at IS NULL;
    RETURN NULL;
END $$
"""
GIVEN = ~models.Q(reference=b"") & ~models.Q(reference_sealed=b"")
NOTHING = models.Q(reference=b"", reference_sealed=b"")


def sealed(model: str) -> list[migrations.operations.base.Operation]:
    """The column in clear becomes a sealed one and a mark."""
    return [
        migrations.RenameField(model, "reference", "reference_clear"),
        migrations.AddField(
            model, "reference_sealed", models.BinaryField(default=b"", editable=False)
        ),
        migrations.AddField(
            model,
            "reference",
            MarkedText(
                default=b"",
                editable=True,
                max_length=120,
                verbose_name="subject reference",
                **MARK,
            ),
            preserve_default=False,
        ),
        SealColumn(model, "reference_clear", "reference_sealed", mark="reference_mark", kind=KIND),
        migrations.RemoveField(model, "reference_clear"),
    ]


class Migration(migrations.Migration):
    dependencies = [("searches", "0022_scan_hosts")]

    operations = [
        migrations.AlterModelOptions(
            "subject",
            {
                "ordering": ["-created_at", "-id"],
                "verbose_name": "subject",
                "verbose_name_plural": "subjects",
            },
        ),
        migrations.RemoveConstraint("subject", "subject_reference_once"),
        migrations.RemoveConstraint("subject", "subject_reference_given"),
        *sealed("subject"),
        *sealed("enrolment"),
        migrations.AddConstraint(
            "subject",
            models.UniqueConstraint(
                fields=["agency_id", "reference", "gallery"],
                condition=models.Q(erased_at=None),
                name="subject_reference_once",
            ),
        ),
        migrations.AddConstraint(
            "subject",
            models.CheckConstraint(
                condition=GIVEN
                | models.Q(erased_at__isnull=False, reference=b"", reference_sealed=b""),
                name="subject_reference_given",
            ),
        ),
        migrations.AddConstraint(
            "enrolment",
            models.CheckConstraint(condition=GIVEN | NOTHING, name="enrolment_reference"),
        ),
        migrations.AddIndex(
            "subject",
            models.Index(
                fields=["agency_id", "gallery", "-created_at", "-id"],
                condition=models.Q(erased_at=None, merged_into=None),
                name="subject_newest",
            ),
        ),
        migrations.RunSQL(ERASE_MERGED),
    ]
