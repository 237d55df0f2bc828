"""Agencies from other installations: their former record, and how far an import is."""

import uuid

import django.db.models.deletion
from django.db import migrations, models

import portal.tenancy
from portal.rowsecurity import IS_PLATFORM, ProtectTenant

KEEP = """
CREATE FUNCTION accounts_keep_former() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND EXISTS (
        SELECT FROM accounts_agency WHERE id = OLD.agency_id AND data_key = ''
    ) THEN
        RETURN OLD;  -- the agency is being destroyed
    END IF;
    RAISE EXCEPTION 'a former record does not change' USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER accounts_keep_former BEFORE UPDATE OR DELETE ON accounts_formerrecord
    FOR EACH ROW EXECUTE FUNCTION accounts_keep_former();
CREATE FUNCTION accounts_keep_former_content() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a former record does not change' USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER accounts_keep_former_content BEFORE UPDATE ON accounts_formercontent
    FOR EACH ROW EXECUTE FUNCTION accounts_keep_former_content()
"""
PLATFORMS = [
    "ALTER TABLE accounts_agencyimport ENABLE ROW LEVEL SECURITY",
    "ALTER TABLE accounts_agencyimport FORCE ROW LEVEL SECURITY",
    "CREATE POLICY platform ON accounts_agencyimport"
    f" USING ({IS_PLATFORM}) WITH CHECK ({IS_PLATFORM})",
]


class Migration(migrations.Migration):
    dependencies = [("accounts", "0033_score_notices")]

    operations = [
        migrations.AddField(
            "invitation", "membership_id", models.BigIntegerField(editable=False, null=True)
        ),
        migrations.CreateModel(
            name="AgencyImport",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("folder", models.BigIntegerField(editable=False, unique=True)),
                ("manifest_sha256", models.CharField(editable=False, max_length=64)),
                ("first_head", models.CharField(editable=False, max_length=64)),
                ("started_at", models.DateTimeField(auto_now_add=True)),
                ("finished_at", models.DateTimeField(editable=False, null=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("finished_at__isnull", False)),
                        fields=("first_head",),
                        name="agency_imported_once",
                    )
                ]
            },
        ),
        migrations.CreateModel(
            name="FormerRecord",
            fields=[
                ("agency_id", models.BigIntegerField(editable=False)),
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("number_there", models.BigIntegerField(editable=False)),
                (
                    "slug_there",
                    models.CharField(
                        editable=False, max_length=60, verbose_name="short name there"
                    ),
                ),
                ("public_key", models.CharField(editable=False, max_length=44)),
                ("key_id", models.CharField(editable=False, max_length=16)),
                ("entries", models.BigIntegerField(editable=False)),
                ("first_head", models.CharField(editable=False, max_length=64, unique=True)),
                ("head", models.CharField(editable=False, max_length=64)),
                ("checkpoints", models.PositiveIntegerField(editable=False)),
                ("part_keys", models.JSONField(editable=False)),
                ("size", models.BigIntegerField(editable=False)),
                ("sha256", models.CharField(editable=False, max_length=64)),
                ("manifest_sha256", models.CharField(editable=False, max_length=64)),
                ("exported_at", models.DateTimeField(editable=False)),
                ("imported_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "verbose_name": "former record",
                "verbose_name_plural": "former records",
                "ordering": ["imported_at"],
            },
        ),
        migrations.CreateModel(
            name="FormerContent",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("agency_id", models.BigIntegerField(editable=False)),
                ("entry", models.BigIntegerField(editable=False)),
                ("about", models.CharField(editable=False, max_length=60)),
                ("sealed", models.BinaryField()),
                (
                    "record",
                    portal.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="contents",
                        to="accounts.formerrecord",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("agency_id", "record", "entry"), name="former_content_once"
                    )
                ],
                "indexes": [
                    models.Index(fields=["agency_id", "about"], name="former_content_about")
                ],
            },
        ),
        ProtectTenant("FormerRecord"),
        ProtectTenant("FormerContent"),
        migrations.RunSQL([*PLATFORMS, KEEP], migrations.RunSQL.noop),
    ]
