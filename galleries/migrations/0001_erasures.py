"""Erasures with their receipts, and the sweeper's question for those that stopped."""

import uuid

import django.contrib.postgres.fields
from django.db import migrations, models

from portal.rowsecurity import ProtectTenant

# Nothing of an erasure is taken back, and a receipt does not change.
GUARD = """
CREATE FUNCTION galleries_guard_erasure() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    phases text[] := ARRAY['asked', 'emptied', 'rewritten', 'proved'];
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF searches_destroying(OLD.agency_id) THEN
            RETURN OLD;
        END IF;
        RAISE EXCEPTION 'an erasure does not change' USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.state = 'done'
        OR (NEW.id, NEW.agency_id, NEW.target, NEW.target_ids, NEW.cause, NEW.request_id,
            NEW.requested_by_id, NEW.requested_by_label, NEW.created_at)
        IS DISTINCT FROM (OLD.id, OLD.agency_id, OLD.target, OLD.target_ids, OLD.cause,
            OLD.request_id, OLD.requested_by_id, OLD.requested_by_label, OLD.created_at)
        OR array_position(phases, NEW.phase::text) < array_position(phases, OLD.phase::text) THEN
        RAISE EXCEPTION 'an erasure does not change' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER galleries_guard_erasure BEFORE UPDATE OR DELETE ON galleries_erasure
    FOR EACH ROW EXECUTE FUNCTION galleries_guard_erasure()
"""

OVERDUE = """
CREATE FUNCTION galleries_overdue_erasures(age interval)
RETURNS TABLE (kind text, job_agency bigint, job uuid) LANGUAGE plpgsql AS $$
DECLARE
    before text := coalesce(current_setting('candor.agency_id', true), '');
    agency bigint;
BEGIN
    FOR agency IN SELECT a.id FROM accounts_agency a ORDER BY a.id LOOP
        PERFORM set_config('candor.agency_id', agency::text, true);
        RETURN QUERY SELECT 'erasure', e.agency_id, e.id FROM galleries_erasure e
            WHERE e.agency_id = agency AND e.state IN ('queued', 'running')
            AND e.rung_at < now() - age;
    END LOOP;
    PERFORM set_config('candor.agency_id', before, true);
END $$
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = [("searches", "0013_erased_files")]

    operations = [
        migrations.CreateModel(
            name="Erasure",
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
                    "target",
                    models.CharField(
                        choices=[
                            ("images", "Pictures"),
                            ("subjects", "Subjects"),
                            ("gallery", "Gallery"),
                            ("probe", "Probe"),
                        ],
                        max_length=10,
                        verbose_name="what",
                    ),
                ),
                (
                    "target_ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.UUIDField(), editable=False, size=None
                    ),
                ),
                ("gallery_id", models.UUIDField(editable=False, null=True)),
                (
                    "cause",
                    models.CharField(
                        choices=[
                            ("demand", "Demand of the person"),
                            ("order", "Order of a court or authority"),
                            ("unlawful", "No lawful basis to hold it"),
                            ("error", "Enrolled by mistake"),
                            ("expired", "Retention is over"),
                            ("ended", "The purpose has ended"),
                            ("hygiene", "Removed in a review of the gallery"),
                        ],
                        max_length=10,
                        verbose_name="cause",
                    ),
                ),
                ("reason_sealed", models.BinaryField(default=b"")),
                ("request_id", models.UUIDField(editable=False, null=True)),
                (
                    "phase",
                    models.CharField(
                        choices=[
                            ("asked", "Asked for"),
                            ("emptied", "Rows and files are gone"),
                            ("rewritten", "Tables and indexes are rewritten"),
                            ("proved", "Proved and signed"),
                        ],
                        default="asked",
                        editable=False,
                        max_length=10,
                    ),
                ),
                ("emptied_at", models.DateTimeField(editable=False, null=True)),
                ("emptied_xid", models.BigIntegerField(editable=False, null=True)),
                ("images", models.PositiveIntegerField(default=0, editable=False)),
                ("subjects", models.PositiveIntegerField(default=0, editable=False)),
                ("counts", models.JSONField(default=dict, editable=False)),
                ("needles_sealed", models.BinaryField(default=b"")),
                ("document", models.JSONField(editable=False, null=True)),
                ("key_id", models.CharField(blank=True, editable=False, max_length=64)),
                ("signature", models.CharField(blank=True, editable=False, max_length=200)),
            ],
            options={
                "verbose_name": "erasure",
                "verbose_name_plural": "erasures",
                "ordering": ["-created_at"],
                "abstract": False,
                "indexes": [
                    models.Index(
                        condition=models.Q(("state__in", ["queued", "running"])),
                        fields=["agency_id", "rung_at"],
                        name="erasure_open",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("agency_id", "submission_key"), name="erasure_submitted_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ["held", "queued", "running", "done", "failed"])
                        ),
                        name="erasure_state",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "running"), _negated=True),
                            ("claim__isnull", False),
                            _connector="OR",
                        ),
                        name="erasure_running_is_claimed",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "failed"), _negated=True),
                            models.Q(("failure_code", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="erasure_failure_has_code",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("target__in", ["images", "subjects", "gallery", "probe"]),
                            (
                                "cause__in",
                                [
                                    "demand",
                                    "order",
                                    "unlawful",
                                    "error",
                                    "expired",
                                    "ended",
                                    "hygiene",
                                ],
                            ),
                            ("phase__in", ["asked", "emptied", "rewritten", "proved"]),
                            ("target_ids__len__gt", 0),
                        ),
                        name="erasure_given",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "done"), _negated=True),
                            models.Q(
                                ("document__isnull", False),
                                ("needles_sealed", b""),
                                ("phase", "proved"),
                                models.Q(("signature", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="erasure_done_is_proved",
                    ),
                ],
            },
        ),
        ProtectTenant("Erasure"),
        migrations.RunSQL(GUARD, migrations.RunSQL.noop),
        migrations.RunSQL(OVERDUE, migrations.RunSQL.noop),
    ]
