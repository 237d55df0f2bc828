"""Hygiene runs, and the queue in which people decide on held pictures and findings."""

import uuid

import django.db.models.deletion
from django.db import migrations, models

import portal.tenancy
from portal.rowsecurity import ProtectTenant

# A question is answered once; what was asked does not change.
GUARD = """
CREATE FUNCTION galleries_guard_review() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF searches_destroying(OLD.agency_id) THEN
            RETURN OLD;
        END IF;
        RAISE EXCEPTION 'a review is not deleted' USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.state <> 'open'
        OR (NEW.id, NEW.agency_id, NEW.kind, NEW.gallery_id, NEW.run_id, NEW.enrolment_id,
            NEW.image_id, NEW.subject_id, NEW.other_image_id, NEW.other_subject_id,
            NEW.similarity, NEW.threshold, NEW.scale, NEW.others, NEW.created_at)
        IS DISTINCT FROM (OLD.id, OLD.agency_id, OLD.kind, OLD.gallery_id, OLD.run_id,
            OLD.enrolment_id, OLD.image_id, OLD.subject_id, OLD.other_image_id,
            OLD.other_subject_id, OLD.similarity, OLD.threshold, OLD.scale, OLD.others,
            OLD.created_at) THEN
        RAISE EXCEPTION 'review_decided: a review is decided once'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER galleries_guard_review BEFORE UPDATE OR DELETE ON galleries_reviewitem
    FOR EACH ROW EXECUTE FUNCTION galleries_guard_review()
"""

# What is held waits for somebody; what is decided is not held any more.
HELD = """
CREATE FUNCTION galleries_complete_held() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    before text := coalesce(current_setting('candor.agency_id', true), '');
    is_complete boolean;
BEGIN
    PERFORM set_config('candor.agency_id', NEW.agency_id::text, true);
    is_complete := NOT EXISTS (SELECT FROM searches_enrolment e WHERE e.agency_id = NEW.agency_id
            AND e.id = NEW.id AND e.state = 'held')
        OR EXISTS (SELECT FROM galleries_reviewitem r WHERE r.agency_id = NEW.agency_id
            AND r.enrolment_id = NEW.id AND r.state = 'open');
    PERFORM set_config('candor.agency_id', before, true);
    IF NOT is_complete THEN
        RAISE EXCEPTION 'a held picture is in the review queue' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER galleries_complete_held AFTER INSERT OR UPDATE OF state
    ON searches_enrolment DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (NEW.state = 'held') EXECUTE FUNCTION galleries_complete_held()
"""

OVERDUE = """
CREATE FUNCTION galleries_overdue_hygiene(age interval)
RETURNS TABLE (kind text, job_agency bigint, job uuid) LANGUAGE plpgsql AS $$
DECLARE
    before text := coalesce(current_setting('candor.agency_id', true), '');
    agency bigint;
BEGIN
    FOR agency IN SELECT a.id FROM accounts_agency a ORDER BY a.id LOOP
        PERFORM set_config('candor.agency_id', agency::text, true);
        RETURN QUERY SELECT 'hygiene', h.agency_id, h.id FROM galleries_hygienerun h
            WHERE h.agency_id = agency AND h.state IN ('queued', 'running')
            AND h.rung_at < now() - age;
    END LOOP;
    PERFORM set_config('candor.agency_id', before, true);
END $$
"""


class Migration(migrations.Migration):
    dependencies = [
        ("searches", "0014_quality"),
        ("galleries", "0002_imports"),
    ]

    operations = [
        migrations.CreateModel(
            name="HygieneRun",
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
                ("scale", models.CharField(blank=True, editable=False, max_length=120)),
                ("thresholds", models.JSONField(default=dict, editable=False)),
                ("total", models.PositiveIntegerField(editable=False, null=True)),
                ("compared", models.PositiveIntegerField(default=0, editable=False)),
                ("position", models.UUIDField(editable=False, null=True)),
                ("counts", models.JSONField(default=dict, editable=False)),
                (
                    "gallery",
                    portal.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="searches.gallery",
                    ),
                ),
            ],
            options={
                "verbose_name": "hygiene run",
                "verbose_name_plural": "hygiene runs",
                "ordering": ["-created_at"],
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="ReviewItem",
            fields=[
                ("agency_id", models.BigIntegerField(editable=False)),
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("held", "Held at enrolment"),
                            ("duplicate", "Near-identical under two subjects"),
                            ("closer", "Closer to another subject than to its own"),
                            ("outlier", "Unlike the other pictures of its subject"),
                            ("everyone", "Resembles unusually many subjects"),
                        ],
                        max_length=10,
                        verbose_name="kind",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "Open"), ("decided", "Decided")],
                        default="open",
                        max_length=10,
                    ),
                ),
                ("similarity", models.FloatField()),
                ("threshold", models.FloatField()),
                ("scale", models.CharField(blank=True, max_length=120)),
                ("others", models.PositiveIntegerField(default=0)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "decision",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("enrol", "Enrol it under its own reference"),
                            ("add", "Add it to the other subject"),
                            ("discard", "Discard the picture"),
                            ("merge", "Merge the two subjects"),
                            ("move", "Move the picture to the other subject"),
                            ("remove", "Erase the picture"),
                            ("keep", "Keep everything as it is"),
                            ("gone", "Nothing left to decide"),
                        ],
                        max_length=10,
                    ),
                ),
                ("decided_by_id", models.BigIntegerField(editable=False, null=True)),
                ("decided_by_label", models.CharField(blank=True, editable=False, max_length=254)),
                ("decided_at", models.DateTimeField(editable=False, null=True)),
                ("reason_sealed", models.BinaryField(default=b"")),
                (
                    "enrolment",
                    portal.tenancy.TenantForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="searches.enrolment",
                    ),
                ),
                (
                    "gallery",
                    portal.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="searches.gallery",
                    ),
                ),
                (
                    "image",
                    portal.tenancy.TenantForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="searches.faceimage",
                    ),
                ),
                (
                    "other_image",
                    portal.tenancy.TenantForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="searches.faceimage",
                    ),
                ),
                (
                    "other_subject",
                    portal.tenancy.TenantForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="searches.subject",
                    ),
                ),
                (
                    "run",
                    portal.tenancy.TenantForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="items",
                        to="galleries.hygienerun",
                    ),
                ),
                (
                    "subject",
                    portal.tenancy.TenantForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="searches.subject",
                    ),
                ),
            ],
            options={
                "verbose_name": "review",
                "verbose_name_plural": "reviews",
                "ordering": ["-similarity", "id"],
            },
        ),
        migrations.AddIndex(
            model_name="hygienerun",
            index=models.Index(
                condition=models.Q(("state__in", ["queued", "running"])),
                fields=["agency_id", "rung_at"],
                name="hygienerun_open",
            ),
        ),
        migrations.AddConstraint(
            model_name="hygienerun",
            constraint=models.UniqueConstraint(
                fields=("agency_id", "submission_key"), name="hygienerun_submitted_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="hygienerun",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["held", "queued", "running", "done", "failed"])),
                name="hygienerun_state",
            ),
        ),
        migrations.AddConstraint(
            model_name="hygienerun",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "running"), _negated=True),
                    ("claim__isnull", False),
                    _connector="OR",
                ),
                name="hygienerun_running_is_claimed",
            ),
        ),
        migrations.AddConstraint(
            model_name="hygienerun",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "failed"), _negated=True),
                    models.Q(("failure_code", ""), _negated=True),
                    _connector="OR",
                ),
                name="hygienerun_failure_has_code",
            ),
        ),
        migrations.AddConstraint(
            model_name="hygienerun",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ["queued", "running"])),
                fields=("agency_id", "gallery"),
                name="hygiene_run_one_open",
            ),
        ),
        migrations.AddIndex(
            model_name="reviewitem",
            index=models.Index(fields=["agency_id", "state", "gallery"], name="review_queue"),
        ),
        migrations.AddConstraint(
            model_name="reviewitem",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("kind__in", ["held", "duplicate", "closer", "outlier", "everyone"])
                ),
                name="review_kind",
            ),
        ),
        migrations.AddConstraint(
            model_name="reviewitem",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("decided_at", None), ("decision", ""), ("state", "open")),
                    models.Q(
                        ("decided_at__isnull", False),
                        ("decided_by_label__regex", "\\S"),
                        (
                            "decision__in",
                            ["enrol", "add", "discard", "merge", "move", "remove", "keep", "gone"],
                        ),
                        ("state", "decided"),
                    ),
                    _connector="OR",
                ),
                name="review_decided_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="reviewitem",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("enrolment__isnull", False), ("image", None), ("kind", "held")),
                    models.Q(
                        models.Q(("kind", "held"), _negated=True),
                        ("enrolment", None),
                        ("image__isnull", False),
                        ("subject__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="review_is_about",
            ),
        ),
        migrations.AddConstraint(
            model_name="reviewitem",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("decision__in", ["", "enrol", "add", "discard"]), ("kind", "held")),
                    models.Q(
                        models.Q(("kind", "held"), _negated=True),
                        ("decision__in", ["", "merge", "move", "remove", "keep", "gone"]),
                    ),
                    _connector="OR",
                ),
                name="review_decision_of_kind",
            ),
        ),
        migrations.AddConstraint(
            model_name="reviewitem",
            constraint=models.UniqueConstraint(
                fields=("agency_id", "enrolment"), name="review_of_held_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="reviewitem",
            constraint=models.UniqueConstraint(
                condition=models.Q(("enrolment", None), ("state", "open")),
                fields=("agency_id", "kind", "image"),
                name="review_open_once",
            ),
        ),
        ProtectTenant("HygieneRun"),
        ProtectTenant("ReviewItem"),
        *(migrations.RunSQL(sql, migrations.RunSQL.noop) for sql in (GUARD, HELD, OVERDUE)),
    ]
