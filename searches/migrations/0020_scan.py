"""What the scans of the workers need: changes of templates, holders, and how a search compared."""

import uuid

import django.contrib.postgres.fields
from django.db import migrations, models

from portal.rowsecurity import ProtectTenant

# Statement by statement: a thousand templates that are stored at once are one row. Nothing is
# written of an agency that is being destroyed.
NOTE = """
CREATE FUNCTION searches_note_templates() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO searches_templatechange (agency_id, contract_pk, gallery_id, xid, images)
        SELECT agency_id, contract_id, gallery_id, pg_current_xact_id()::text::bigint,
            array_agg(image_id)
        FROM new_rows GROUP BY agency_id, contract_id, gallery_id;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO searches_templatechange (agency_id, contract_pk, gallery_id, xid, images)
        SELECT agency_id, contract_id, gallery_id, pg_current_xact_id()::text::bigint,
            array_agg(image_id)
        FROM old_rows GROUP BY agency_id, contract_id, gallery_id
        HAVING NOT searches_destroying(agency_id);
    ELSE
        INSERT INTO searches_templatechange (agency_id, contract_pk, gallery_id, xid, images)
        SELECT agency_id, contract_id, gallery_id, pg_current_xact_id()::text::bigint,
            array_agg(DISTINCT image_id)
        FROM (
            SELECT agency_id, contract_id, gallery_id, image_id FROM old_rows
            UNION ALL
            SELECT agency_id, contract_id, gallery_id, image_id FROM new_rows
        ) AS changed GROUP BY agency_id, contract_id, gallery_id
        HAVING NOT searches_destroying(agency_id);
    END IF;
    RETURN NULL;
END $$
"""
TRIGGERS = {
    "INSERT": "REFERENCING NEW TABLE AS new_rows",
    "UPDATE": "REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows",
    "DELETE": "REFERENCING OLD TABLE AS old_rows",
}

# How it was compared belongs to the result of a search (0008 keeps the rest of it).
KEEP_COMPARISON = """
CREATE FUNCTION searches_keep_comparison() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the result of a search does not change' USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER searches_keep_comparison BEFORE UPDATE ON searches_search FOR EACH ROW
    WHEN (OLD.stage <> 'queued' AND NEW.comparison IS DISTINCT FROM OLD.comparison)
    EXECUTE FUNCTION searches_keep_comparison()
"""


def key() -> tuple[str, models.Field]:
    return "id", models.BigAutoField(
        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
    )


class Migration(migrations.Migration):
    dependencies = [("searches", "0019_drafts")]

    operations = [
        migrations.CreateModel(
            name="TemplateChange",
            fields=[
                key(),
                ("agency_id", models.BigIntegerField(editable=False)),
                ("contract_pk", models.BigIntegerField()),
                ("gallery_id", models.UUIDField()),
                ("xid", models.BigIntegerField()),
                (
                    "images",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.UUIDField(), size=None
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        fields=["agency_id", "gallery_id", "contract_pk"], name="template_change"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ScanHolder",
            fields=[
                key(),
                ("agency_id", models.BigIntegerField(editable=False)),
                ("token", models.UUIDField(default=uuid.uuid4, unique=True)),
                ("host", models.UUIDField()),
                ("contract_pk", models.BigIntegerField()),
                ("gallery_id", models.UUIDField()),
                ("seen", models.TextField(help_text="a pg_snapshot")),
                ("beat_at", models.DateTimeField()),
                ("built_at", models.DateTimeField(null=True)),
                ("templates", models.PositiveBigIntegerField(default=0)),
                ("measured", models.JSONField(default=dict)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["agency_id", "gallery_id"], name="scan_holder_gallery")
                ],
            },
        ),
        migrations.AddField(
            model_name="search",
            name="comparison",
            field=models.JSONField(default=dict, editable=False),
        ),
        ProtectTenant("TemplateChange"),
        ProtectTenant("ScanHolder"),
        migrations.RunSQL(NOTE, migrations.RunSQL.noop),
        # ALWAYS: also under whoever switches off the triggers of a session.
        *(
            migrations.RunSQL(
                f"CREATE TRIGGER searches_note_{act.lower()} AFTER {act} ON searches_template"
                f" {rows} FOR EACH STATEMENT EXECUTE FUNCTION searches_note_templates();"
                f"ALTER TABLE searches_template ENABLE ALWAYS TRIGGER searches_note_{act.lower()}",
                migrations.RunSQL.noop,
            )
            for act, rows in TRIGGERS.items()
        ),
        migrations.RunSQL(KEEP_COMPARISON, migrations.RunSQL.noop),
    ]
