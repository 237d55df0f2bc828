"""Hosts that answer for the galleries they hold, shards of galleries, and what hosts are asked."""

import uuid

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

import portal.tenancy
from portal.rowsecurity import ProtectTenant

# As for searched faces (0011). Unlike them they may go at any time: nothing stands on them.
GUARD = """
CREATE TRIGGER searches_guard_scan_question BEFORE INSERT ON searches_scanquestion
    FOR EACH ROW EXECUTE FUNCTION searches_guard_searched_face()
"""
# What was asked does not change: a host answers the question that was asked.
KEEP = """
CREATE FUNCTION searches_keep_scan_question() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a question to hosts does not change' USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER searches_keep_scan_question BEFORE UPDATE ON searches_scanquestion
    FOR EACH ROW EXECUTE FUNCTION searches_keep_scan_question()
"""


class Migration(migrations.Migration):
    dependencies = [("searches", "0021_scores")]

    operations = [
        migrations.CreateModel(
            name="ScanHost",
            fields=[
                ("name", models.CharField(max_length=60, primary_key=True, serialize=False)),
                ("host", models.UUIDField(unique=True)),
                (
                    "memory",
                    models.PositiveBigIntegerField(help_text="bytes for all that it holds"),
                ),
                ("beat_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="ScanQuestion",
            fields=[
                ("agency_id", models.BigIntegerField(editable=False)),
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("owner_id", models.BigIntegerField()),
                ("contract_pk", models.BigIntegerField()),
                ("gallery_id", models.UUIDField()),
                ("limit", models.PositiveSmallIntegerField()),
                ("sealed", models.BinaryField(editable=False)),
                (
                    "asked_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False
                    ),
                ),
                (
                    "search",
                    portal.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="scan_questions",
                        to="searches.search",
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="scanholder",
            name="shard",
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="scanholder",
            name="shards",
            field=models.PositiveSmallIntegerField(default=1),
        ),
        ProtectTenant("ScanQuestion"),
        migrations.RunSQL(GUARD, migrations.RunSQL.noop),
        migrations.RunSQL(KEEP, migrations.RunSQL.noop),
    ]
