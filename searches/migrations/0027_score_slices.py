"""Measurements go by slices, and by source register; measured error rates of engines are kept."""

import uuid

from django.db import migrations, models

from portal.rowsecurity import ProtectTenant

# What was measured is evidence: reports name it.
GUARD = """
CREATE FUNCTION searches_keep_evaluation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND searches_destroying(OLD.agency_id) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'what was measured does not change' USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER searches_keep_evaluation BEFORE UPDATE OR DELETE ON searches_engineevaluation
    FOR EACH ROW EXECUTE FUNCTION searches_keep_evaluation()
"""


class Migration(migrations.Migration):
    dependencies = [
        ("searches", "0025_seal_cases"),
    ]

    operations = [
        migrations.AddField(
            model_name="scoremeasurement",
            name="registers",
            field=models.JSONField(default=dict, editable=False),
        ),
        migrations.AddField(
            model_name="scoremeasurement",
            name="register_shifts",
            field=models.JSONField(default=dict, editable=False),
        ),
        migrations.AddField(
            model_name="scoremeasurement",
            name="progress",
            field=models.JSONField(default=dict, editable=False),
        ),
        migrations.AddConstraint(
            model_name="scoremeasurement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state__in", ["done", "failed"]), _negated=True),
                    ("progress", {}),
                    _connector="OR",
                ),
                name="score_measurement_names_nobody",
            ),
        ),
        migrations.CreateModel(
            name="EngineEvaluation",
            fields=[
                ("agency_id", models.BigIntegerField(editable=False)),
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("contract_id", models.CharField(editable=False, max_length=100)),
                (
                    "name",
                    models.CharField(editable=False, max_length=200, verbose_name="measured on"),
                ),
                ("made_at", models.DateTimeField(editable=False)),
                ("pictures", models.PositiveIntegerField(editable=False)),
                ("subjects", models.PositiveIntegerField(editable=False)),
                ("figures", models.JSONField(editable=False)),
                ("document_sha256", models.CharField(editable=False, max_length=64)),
                ("kept_by_id", models.BigIntegerField(editable=False, null=True)),
                ("kept_by_label", models.CharField(editable=False, max_length=254)),
                ("kept_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "verbose_name": "evaluation of an engine",
                "verbose_name_plural": "evaluations of engines",
                "ordering": ["-kept_at"],
                "indexes": [
                    models.Index(
                        fields=["agency_id", "contract_id", "-kept_at"],
                        name="engine_evaluation_latest",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("agency_id", "contract_id", "document_sha256"),
                        name="engine_evaluation_kept_once",
                    )
                ],
            },
        ),
        ProtectTenant("EngineEvaluation"),
        migrations.RunSQL(GUARD, migrations.RunSQL.noop),
    ]
