"""Alerts of misuse: what was found stays, and decisions leave their trace."""

import uuid

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

import portal.tenancy
from portal.rowsecurity import ProtectTenant

RULES = """
-- Nobody has, or decides, what concerns them.
ALTER TABLE oversight_misusealert ADD CONSTRAINT alert_nobody_their_own CHECK (
    (owner_id IS NULL OR NOT owner_id = ANY (people))
    AND (closed_by_id IS NULL OR NOT closed_by_id = ANY (people))
);
CREATE FUNCTION oversight_guard_alert() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF searches_destroying(OLD.agency_id) THEN
            RETURN OLD;
        END IF;
        RAISE EXCEPTION 'alerts are append-only' USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.closed_at IS NOT NULL OR NEW.owner_id IS NOT NULL THEN
            RAISE EXCEPTION 'an alert begins open' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.id, NEW.agency_id, NEW.rule, NEW.key, NEW.case_id, NEW.opened_at)
        IS DISTINCT FROM (OLD.id, OLD.agency_id, OLD.rule, OLD.key, OLD.case_id, OLD.opened_at)
        OR NOT NEW.people @> OLD.people THEN
        RAISE EXCEPTION 'what an alert is about does not change' USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.closed_at IS NOT NULL AND NEW.closed_at IS NOT NULL AND NEW IS DISTINCT FROM OLD THEN
        RAISE EXCEPTION 'a closed alert does not change' USING ERRCODE = 'check_violation';
    END IF;
    -- The event comes first, in the same transaction.
    IF (OLD.closed_at IS NULL) <> (NEW.closed_at IS NULL) AND NOT EXISTS (
        SELECT FROM oversight_alertevent e WHERE e.agency_id = NEW.agency_id
        AND e.alert_id = NEW.id AND e.at = now() AND e.disposition = NEW.disposition
        AND e.kind = CASE WHEN NEW.closed_at IS NULL THEN 'reopened' ELSE 'closed' END
    ) THEN
        RAISE EXCEPTION 'a decision on an alert does not change without its event'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER oversight_guard_alert BEFORE INSERT OR UPDATE OR DELETE ON oversight_misusealert
    FOR EACH ROW EXECUTE FUNCTION oversight_guard_alert();
CREATE FUNCTION oversight_guard_alert_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        NEW.at := now();
        RETURN NEW;
    END IF;
    IF TG_OP = 'DELETE' AND searches_destroying(OLD.agency_id) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'events of alerts are append-only' USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER oversight_guard_alert_event BEFORE INSERT OR UPDATE OR DELETE ON oversight_alertevent
    FOR EACH ROW EXECUTE FUNCTION oversight_guard_alert_event()
"""


class Migration(migrations.Migration):
    dependencies = [
        ("oversight", "0002_reviews"),
        ("searches", "0011_searched_faces"),
    ]

    operations = [
        migrations.CreateModel(
            name="MisuseAlert",
            fields=[
                ("agency_id", models.BigIntegerField(editable=False)),
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("rule", models.CharField(max_length=40, verbose_name="rule")),
                (
                    "key",
                    models.CharField(help_text="the same for the same finding", max_length=120),
                ),
                (
                    "severity",
                    models.CharField(
                        choices=[("low", "Low"), ("medium", "Medium"), ("high", "High")],
                        max_length=6,
                        verbose_name="severity",
                    ),
                ),
                ("facts", models.JSONField()),
                (
                    "people",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), help_text="whom it concerns", size=None
                    ),
                ),
                (
                    "opened_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False
                    ),
                ),
                ("extended_at", models.DateTimeField(editable=False, null=True)),
                ("owner_id", models.BigIntegerField(editable=False, null=True)),
                (
                    "owner_label",
                    models.CharField(
                        blank=True, editable=False, max_length=254, verbose_name="handled by"
                    ),
                ),
                (
                    "disposition",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("misuse_confirmed", "Misuse confirmed"),
                            ("rule_broken", "A rule was broken, without misuse"),
                            ("justified", "Justified"),
                            ("false_alarm", "False alarm"),
                        ],
                        max_length=16,
                        verbose_name="decision",
                    ),
                ),
                ("note_sealed", models.BinaryField(default=b"")),
                ("closed_at", models.DateTimeField(editable=False, null=True)),
                ("closed_by_id", models.BigIntegerField(editable=False, null=True)),
                ("closed_by_label", models.CharField(blank=True, editable=False, max_length=254)),
                (
                    "case",
                    portal.tenancy.TenantForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="searches.case",
                    ),
                ),
            ],
            options={
                "verbose_name": "alert",
                "verbose_name_plural": "alerts",
                "ordering": ["-opened_at"],
            },
        ),
        migrations.CreateModel(
            name="AlertEvent",
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
                            ("opened", "Raised"),
                            ("extended", "More was found"),
                            ("taken", "Taken"),
                            ("handed_over", "Handed over"),
                            ("released", "Released: it concerns who had it"),
                            ("closed", "Decided"),
                            ("reopened", "Opened again"),
                        ],
                        max_length=12,
                    ),
                ),
                (
                    "disposition",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("misuse_confirmed", "Misuse confirmed"),
                            ("rule_broken", "A rule was broken, without misuse"),
                            ("justified", "Justified"),
                            ("false_alarm", "False alarm"),
                        ],
                        max_length=16,
                    ),
                ),
                (
                    "searches",
                    models.PositiveIntegerField(
                        default=0, help_text="that the alert rested on then"
                    ),
                ),
                ("by_id", models.BigIntegerField(editable=False, null=True)),
                ("by_label", models.CharField(editable=False, max_length=254)),
                ("to_label", models.CharField(blank=True, editable=False, max_length=254)),
                ("note_sealed", models.BinaryField(default=b"")),
                (
                    "at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False
                    ),
                ),
                (
                    "alert",
                    portal.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="events",
                        to="oversight.misusealert",
                    ),
                ),
            ],
            options={
                "verbose_name": "event of an alert",
                "verbose_name_plural": "events of alerts",
                "ordering": ["at"],
            },
        ),
        migrations.AddIndex(
            model_name="misusealert",
            index=models.Index(fields=["agency_id", "rule", "key"], name="alert_of_finding"),
        ),
        migrations.AddIndex(
            model_name="misusealert",
            index=models.Index(fields=["agency_id", "-opened_at"], name="alert_by_time"),
        ),
        migrations.AddConstraint(
            model_name="misusealert",
            constraint=models.UniqueConstraint(
                condition=models.Q(("closed_at", None)),
                fields=("agency_id", "rule", "key"),
                name="alert_open_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="misusealert",
            constraint=models.CheckConstraint(
                condition=models.Q(("severity__in", ["low", "medium", "high"])),
                name="alert_severity",
            ),
        ),
        migrations.AddConstraint(
            model_name="misusealert",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("closed_at", None),
                        ("closed_by_id", None),
                        ("disposition", ""),
                        ("note_sealed", b""),
                    ),
                    models.Q(
                        ("closed_at__isnull", False),
                        ("closed_by_id__isnull", False),
                        (
                            "disposition__in",
                            ["misuse_confirmed", "rule_broken", "justified", "false_alarm"],
                        ),
                        ("owner_id__isnull", False),
                        models.Q(("note_sealed", b""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="alert_closed_with_decision",
            ),
        ),
        migrations.AddConstraint(
            model_name="alertevent",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "kind__in",
                        [
                            "opened",
                            "extended",
                            "taken",
                            "handed_over",
                            "released",
                            "closed",
                            "reopened",
                        ],
                    )
                ),
                name="alert_event_kind",
            ),
        ),
        migrations.AddConstraint(
            model_name="alertevent",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind__in", ["closed", "reopened"]), _negated=True),
                    models.Q(("note_sealed", b""), _negated=True),
                    _connector="OR",
                ),
                name="alert_event_says_why",
            ),
        ),
        migrations.AddConstraint(
            model_name="alertevent",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "disposition__in",
                        ["", "misuse_confirmed", "rule_broken", "justified", "false_alarm"],
                    )
                ),
                name="alert_event_disposition",
            ),
        ),
        ProtectTenant("MisuseAlert"),
        ProtectTenant("AlertEvent"),
        migrations.RunSQL(RULES, migrations.RunSQL.noop),
    ]
