"""Numbers and titles of cases lie sealed; a case is found by its whole number (docs/adr/0024)."""

from django.db import migrations, models

from searches.marked import MarkedText
from searches.sealing_columns import SealColumn

KIND = "case number"
# As in 0005, over the columns that there are now.
GUARD_CASE = """
CREATE OR REPLACE FUNCTION searches_guard_case() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    retired timestamptz;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF (NEW.id, NEW.number_mark, NEW.number_sealed, NEW.opened_by_id, NEW.opened_by_label,
                NEW.created_at)
            IS DISTINCT FROM
            (OLD.id, OLD.number_mark, OLD.number_sealed, OLD.opened_by_id, OLD.opened_by_label,
                OLD.created_at)
            OR (OLD.purpose <> '' AND (NEW.purpose, NEW.category_id)
                IS DISTINCT FROM (OLD.purpose, OLD.category_id))
        THEN
            RAISE EXCEPTION 'number, purpose, category and opener of a case do not change'
                USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF NEW.purpose = '' THEN
        RAISE EXCEPTION 'a case has a purpose' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.category_id IS NULL THEN
        IF EXISTS (
            SELECT FROM searches_casecategory c
            WHERE c.agency_id = NEW.agency_id AND c.retired_at IS NULL
        ) THEN
            RAISE EXCEPTION 'category_missing: the agency has a list of its own'
                USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    SELECT c.retired_at INTO retired FROM searches_casecategory c
        WHERE c.agency_id = NEW.agency_id AND c.id = NEW.category_id FOR SHARE;
    IF retired IS NOT NULL THEN
        RAISE EXCEPTION 'category_retired: the category is not in use any more'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$
"""


class Migration(migrations.Migration):
    dependencies = [("searches", "0024_seal_references")]

    operations = [
        migrations.RemoveConstraint("case", "case_number_once"),
        migrations.RemoveConstraint("case", "case_number_given"),
        migrations.RenameField("case", "number", "number_clear"),
        migrations.RenameField("case", "title", "title_clear"),
        migrations.AddField(
            "case", "number_sealed", models.BinaryField(default=b"", editable=False)
        ),
        migrations.AddField(
            "case",
            "number",
            MarkedText(
                db_column="number_mark",
                default=b"",
                editable=True,
                kind=KIND,
                max_length=60,
                sealed="number_sealed",
                verbose_name="case number",
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            "case", "title_sealed", models.BinaryField(default=b"", editable=False)
        ),
        SealColumn("case", "number_clear", "number_sealed", mark="number_mark", kind=KIND),
        SealColumn("case", "title_clear", "title_sealed"),
        migrations.RemoveField("case", "number_clear"),
        migrations.RemoveField("case", "title_clear"),
        migrations.AddConstraint(
            "case",
            models.UniqueConstraint(fields=["agency_id", "number"], name="case_number_once"),
        ),
        migrations.AddConstraint(
            "case",
            models.CheckConstraint(
                condition=~models.Q(number=b"")
                & ~models.Q(number_sealed=b"")
                & ~models.Q(title_sealed=b""),
                name="case_number_given",
            ),
        ),
        migrations.RunSQL(GUARD_CASE),
    ]
