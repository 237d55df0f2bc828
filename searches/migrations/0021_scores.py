"""Measurements of similarities, what they say of candidates, and thresholds of galleries."""

import uuid

import django.db.models.deletion
from django.db import migrations, models

import portal.tenancy
from portal.rowsecurity import ProtectTenant

# What was measured is evidence: figures of candidates name it.
GUARD = """
CREATE FUNCTION searches_keep_measurement() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND searches_destroying(OLD.agency_id) THEN
        RETURN OLD;
    END IF;
    IF TG_OP = 'DELETE' OR OLD.state = 'done'
        OR (NEW.id, NEW.agency_id, NEW.gallery_id, NEW.source, NEW.source_gallery_id)
        IS DISTINCT FROM (OLD.id, OLD.agency_id, OLD.gallery_id, OLD.source, OLD.source_gallery_id)
    THEN
        RAISE EXCEPTION 'what was measured does not change' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER searches_keep_measurement BEFORE UPDATE OR DELETE ON searches_scoremeasurement
    FOR EACH ROW EXECUTE FUNCTION searches_keep_measurement()
"""

OVERDUE = """
CREATE FUNCTION searches_overdue_scores(age interval)
RETURNS TABLE (kind text, job_agency bigint, job uuid) LANGUAGE plpgsql AS $$
DECLARE
    before text := coalesce(current_setting('candor.agency_id', true), '');
    agency bigint;
BEGIN
    FOR agency IN SELECT a.id FROM accounts_agency a ORDER BY a.id LOOP
        PERFORM set_config('candor.agency_id', agency::text, true);
        RETURN QUERY SELECT 'scores', m.agency_id, m.id FROM searches_scoremeasurement m
            WHERE m.agency_id = agency AND m.state IN ('queued', 'running')
            AND m.rung_at < now() - age;
    END LOOP;
    PERFORM set_config('candor.agency_id', before, true);
END $$
"""


class Migration(migrations.Migration):
    dependencies = [
        ("searches", "0020_scan"),
    ]

    operations = [
        migrations.CreateModel(
            name="ScoreMeasurement",
            fields=[
                ("agency_id", models.BigIntegerField(editable=False)),
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("held", "Held"),
                            ("queued", "Waiting"),
                            ("running", "Running"),
                            ("done", "Done"),
                            ("failed", "Failed"),
                        ],
                        default="queued",
                        max_length=10,
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("claim", models.UUIDField(editable=False, null=True)),
                ("claimed_at", models.DateTimeField(editable=False, null=True)),
                ("rung_at", models.DateTimeField(auto_now_add=True)),
                ("failure_code", models.CharField(blank=True, max_length=60)),
                ("submission_key", models.UUIDField(default=uuid.uuid4, editable=False)),
                ("requested_by_id", models.BigIntegerField(editable=False, null=True)),
                (
                    "requested_by_label",
                    models.CharField(max_length=254, verbose_name="requested by"),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("finished_at", models.DateTimeField(editable=False, null=True)),
                (
                    "source",
                    models.CharField(
                        choices=[
                            (
                                "own",
                                "People of this gallery, each left out of those who are compared",
                            ),
                            ("gallery", "People of another gallery, of whom none is in this one"),
                        ],
                        default="own",
                        max_length=10,
                    ),
                ),
                ("version", models.CharField(blank=True, editable=False, max_length=64)),
                ("images", models.BigIntegerField(default=0, editable=False)),
                ("subjects", models.PositiveIntegerField(default=0, editable=False)),
                ("searched", models.PositiveIntegerField(default=0, editable=False)),
                ("similarities", models.JSONField(default=list, editable=False)),
                ("tail", models.JSONField(default=dict, editable=False)),
                ("sources", models.JSONField(default=dict, editable=False)),
                ("shift", models.JSONField(default=dict, editable=False)),
            ],
            options={
                "verbose_name": "measurement of similarities",
                "verbose_name_plural": "measurements of similarities",
                "ordering": ["-created_at"],
                "abstract": False,
            },
        ),
        migrations.AddField(
            model_name="candidate",
            name="worth",
            field=models.JSONField(default=dict, editable=False),
        ),
        migrations.AddField(
            model_name="gallery",
            name="wished_fpir",
            field=models.FloatField(editable=False, null=True),
        ),
        migrations.AddConstraint(
            model_name="gallery",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("wished_fpir", None),
                    models.Q(("wished_fpir__gte", 0.0001), ("wished_fpir__lte", 0.5)),
                    _connector="OR",
                ),
                name="gallery_wished_fpir",
            ),
        ),
        migrations.AddField(
            model_name="scoremeasurement",
            name="contract",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="searches.contract",
            ),
        ),
        migrations.AddField(
            model_name="scoremeasurement",
            name="gallery",
            field=portal.tenancy.TenantForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="searches.gallery"
            ),
        ),
        migrations.AddField(
            model_name="scoremeasurement",
            name="source_gallery",
            field=portal.tenancy.TenantForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="searches.gallery",
            ),
        ),
        migrations.AddIndex(
            model_name="scoremeasurement",
            index=models.Index(
                condition=models.Q(("state__in", ["queued", "running"])),
                fields=["agency_id", "rung_at"],
                name="scoremeasurement_open",
            ),
        ),
        migrations.AddIndex(
            model_name="scoremeasurement",
            index=models.Index(
                condition=models.Q(("state", "done")),
                fields=["agency_id", "gallery", "-finished_at"],
                name="score_measurement_latest",
            ),
        ),
        migrations.AddConstraint(
            model_name="scoremeasurement",
            constraint=models.UniqueConstraint(
                fields=("agency_id", "submission_key"), name="scoremeasurement_submitted_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="scoremeasurement",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["held", "queued", "running", "done", "failed"])),
                name="scoremeasurement_state",
            ),
        ),
        migrations.AddConstraint(
            model_name="scoremeasurement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "running"), _negated=True),
                    ("claim__isnull", False),
                    _connector="OR",
                ),
                name="scoremeasurement_running_is_claimed",
            ),
        ),
        migrations.AddConstraint(
            model_name="scoremeasurement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "failed"), _negated=True),
                    models.Q(("failure_code", ""), _negated=True),
                    _connector="OR",
                ),
                name="scoremeasurement_failure_has_code",
            ),
        ),
        migrations.AddConstraint(
            model_name="scoremeasurement",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ["queued", "running"])),
                fields=("agency_id", "gallery"),
                name="score_measurement_one_open",
            ),
        ),
        migrations.AddConstraint(
            model_name="scoremeasurement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("source", "own"), ("source_gallery", None)),
                    models.Q(("source", "gallery"), ("source_gallery__isnull", False)),
                    _connector="OR",
                ),
                name="score_measurement_source",
            ),
        ),
        migrations.AddConstraint(
            model_name="scoremeasurement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "done"), _negated=True),
                    models.Q(("contract__isnull", False), ("searched__gt", 0)),
                    _connector="OR",
                ),
                name="score_measurement_done",
            ),
        ),
        ProtectTenant("ScoreMeasurement"),
        migrations.RunSQL(GUARD, migrations.RunSQL.noop),
        migrations.RunSQL(OVERDUE, migrations.RunSQL.noop),
    ]
