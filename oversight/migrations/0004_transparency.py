"""Transparency reports: written once, published for whole periods that do not overlap.

Two published reports whose periods overlap would let small numbers be worked out by subtraction,
also where one of them was withdrawn again: it had been public.
"""

import uuid

from django.db import migrations, models

from portal.rowsecurity import ProtectTenant

GUARD = """
CREATE FUNCTION oversight_guard_transparency() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    acts text[] := ARRAY['published_at', 'published_by_label', 'withdrawn_at', 'withdrawn_by_label'];
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF EXISTS (SELECT FROM accounts_offboarding
                WHERE agency_id = OLD.agency_id AND state = 'destroying') THEN
            RETURN OLD;
        END IF;
        RAISE EXCEPTION 'transparency_fixed: a report is not deleted' USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'INSERT' THEN
        NEW.made_at := now();
        IF NEW.published_at IS NOT NULL OR NEW.kind <> (CASE
            WHEN NEW.first_day <> date_trunc('month', NEW.first_day)::date THEN 'other'
            WHEN NEW.last_day = (NEW.first_day + interval '1 month - 1 day')::date THEN 'month'
            WHEN NEW.first_day = date_trunc('quarter', NEW.first_day)::date
                AND NEW.last_day = (NEW.first_day + interval '3 months - 1 day')::date THEN 'quarter'
            WHEN NEW.first_day = date_trunc('year', NEW.first_day)::date
                AND NEW.last_day = (NEW.first_day + interval '1 year - 1 day')::date THEN 'year'
            ELSE 'other' END) THEN
            RAISE EXCEPTION 'transparency_begins: not published, and of the kind its days are'
                USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF (to_jsonb(NEW) - acts) IS DISTINCT FROM (to_jsonb(OLD) - acts)
        OR (OLD.published_at IS NOT NULL AND (NEW.published_at, NEW.published_by_label)
            IS DISTINCT FROM (OLD.published_at, OLD.published_by_label))
        OR (OLD.withdrawn_at IS NOT NULL AND (NEW.withdrawn_at, NEW.withdrawn_by_label)
            IS DISTINCT FROM (OLD.withdrawn_at, OLD.withdrawn_by_label)) THEN
        RAISE EXCEPTION 'transparency_fixed: a report does not change' USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.published_at IS NULL AND NEW.published_at IS NOT NULL THEN
        -- One after the other: each sees what the ones before it published.
        PERFORM pg_advisory_xact_lock(hashtextextended('oversight_transparency', NEW.agency_id));
        IF (NEW.made_at AT TIME ZONE 'UTC')::date < NEW.last_day THEN
            RAISE EXCEPTION 'transparency_early: the period was not over'
                USING ERRCODE = 'check_violation';
        END IF;
        IF EXISTS (SELECT FROM oversight_transparencyreport r WHERE r.agency_id = NEW.agency_id
                AND r.id <> NEW.id AND r.published_at IS NOT NULL
                AND r.first_day <= NEW.last_day AND r.last_day >= NEW.first_day
                AND (r.first_day, r.last_day) <> (NEW.first_day, NEW.last_day)) THEN
            RAISE EXCEPTION 'transparency_overlaps: another published period'
                USING ERRCODE = 'check_violation';
        END IF;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER oversight_guard_transparency BEFORE INSERT OR UPDATE OR DELETE
    ON oversight_transparencyreport FOR EACH ROW EXECUTE FUNCTION oversight_guard_transparency()
"""


class Migration(migrations.Migration):
    dependencies = [("oversight", "0003_alerts")]

    operations = [
        migrations.CreateModel(
            name="TransparencyReport",
            fields=[
                ("agency_id", models.BigIntegerField(editable=False)),
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("first_day", models.DateField(verbose_name="from")),
                ("last_day", models.DateField(verbose_name="to")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("month", "Month"),
                            ("quarter", "Quarter"),
                            ("year", "Year"),
                            ("other", "Other days"),
                        ],
                        max_length=8,
                        verbose_name="kind of period",
                    ),
                ),
                ("document", models.TextField(editable=False)),
                ("signature", models.CharField(editable=False, max_length=100)),
                ("public_document", models.TextField(editable=False)),
                ("public_signature", models.CharField(editable=False, max_length=100)),
                ("key_id", models.CharField(editable=False, max_length=16)),
                ("made_at", models.DateTimeField(auto_now_add=True)),
                ("made_by_label", models.CharField(editable=False, max_length=254)),
                ("published_at", models.DateTimeField(editable=False, null=True)),
                (
                    "published_by_label",
                    models.CharField(blank=True, editable=False, max_length=254),
                ),
                ("withdrawn_at", models.DateTimeField(editable=False, null=True)),
                (
                    "withdrawn_by_label",
                    models.CharField(blank=True, editable=False, max_length=254),
                ),
            ],
            options={
                "verbose_name": "transparency report",
                "verbose_name_plural": "transparency reports",
                "ordering": ["-last_day", "-made_at"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("first_day__lte", models.F("last_day"))),
                        name="transparency_days",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["month", "quarter", "year", "other"])),
                        name="transparency_kind",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("published_at", None),
                            models.Q(("kind", "other"), _negated=True),
                            _connector="OR",
                        ),
                        name="transparency_published_whole",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("withdrawn_at", None), ("published_at__isnull", False), _connector="OR"
                        ),
                        name="transparency_withdrawn_after",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("published_at__isnull", False), ("withdrawn_at", None)),
                        fields=("agency_id", "first_day", "last_day"),
                        name="transparency_published_once",
                    ),
                ],
            },
        ),
        ProtectTenant("TransparencyReport"),
        migrations.RunSQL(GUARD, migrations.RunSQL.noop),
    ]
