"""Agencies get a state that the database guards; platform staff get time-boxed sessions."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

import accounts.models.agency
from portal.rowsecurity import IS_PLATFORM, policy_sql

STATES = [
    ("trial", "On trial"),
    ("active", "Active"),
    ("suspended", "Suspended"),
    ("closed", "Closed"),
]

# The same table as accounts.agency_states.TRANSITIONS, and the rule that a suspended agency goes
# back to where it was; tests/accounts/test_agency_states.py tries every pair.
GUARD_AGENCY = """
CREATE FUNCTION accounts_guard_agency() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'agencies are closed, not deleted' USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.state NOT IN ('trial', 'active') THEN
            RAISE EXCEPTION 'an agency begins on trial or active, not %', NEW.state
                USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF NEW.slug <> OLD.slug THEN
        RAISE EXCEPTION 'the data key is bound to the short name' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.state <> OLD.state AND NOT (
        (OLD.state, NEW.state) IN (
            ('trial', 'active'), ('trial', 'suspended'), ('trial', 'closed'),
            ('active', 'suspended'), ('active', 'closed'),
            ('suspended', 'trial'), ('suspended', 'active'), ('suspended', 'closed')
        )
        AND (NEW.state <> 'suspended' OR NEW.suspended_from = OLD.state)
        AND (OLD.state <> 'suspended' OR NEW.state IN (OLD.suspended_from, 'closed'))
    ) THEN
        RAISE EXCEPTION 'an agency does not go from % to %', OLD.state, NEW.state
            USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.state = OLD.state AND NEW.suspended_from <> OLD.suspended_from THEN
        RAISE EXCEPTION 'where a suspended agency came from does not change'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$
"""

GUARD_STAFF_SESSION = """
CREATE FUNCTION accounts_guard_staff_session() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.ended_at IS NULL AND NEW.ended_at IS NOT NULL AND
        (NEW.id, NEW.user_id, NEW.reason, NEW.started_at, NEW.expires_at)
        = (OLD.id, OLD.user_id, OLD.reason, OLD.started_at, OLD.expires_at)
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a staff session can only be ended' USING ERRCODE = 'check_violation';
END $$
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_row_security")]

    operations = [
        migrations.AddField(
            "agency",
            "jurisdiction",
            models.CharField(blank=True, max_length=200, verbose_name="jurisdiction", default=""),
            preserve_default=False,
        ),
        migrations.AddField(
            "agency",
            "contact_name",
            models.CharField(blank=True, max_length=150, verbose_name="contact person", default=""),
            preserve_default=False,
        ),
        migrations.AddField(
            "agency",
            "contact_email",
            models.EmailField(
                blank=True,
                max_length=254,
                verbose_name="e-mail of the contact person",
                default="",
            ),
            preserve_default=False,
        ),
        # Agencies from before states existed work already: they are active.
        migrations.AddField(
            "agency",
            "state",
            models.CharField(choices=STATES, default="active", max_length=10, verbose_name="state"),
        ),
        migrations.AlterField(
            "agency",
            "state",
            models.CharField(choices=STATES, default="trial", max_length=10, verbose_name="state"),
        ),
        migrations.AddField(
            "agency",
            "suspended_from",
            models.CharField(blank=True, choices=STATES, editable=False, max_length=10, default=""),
            preserve_default=False,
        ),
        migrations.AddField(
            "agency",
            "state_reason",
            models.TextField(
                blank=True, editable=False, verbose_name="reason of the state", default=""
            ),
            preserve_default=False,
        ),
        migrations.AlterField(
            "agency",
            "created_at",
            models.DateTimeField(auto_now_add=True, verbose_name="created"),
        ),
        migrations.AlterField(
            "agency",
            "time_zone",
            models.CharField(
                default="UTC",
                max_length=64,
                validators=[accounts.models.agency.known_time_zone],
                verbose_name="time zone",
            ),
        ),
        migrations.AddConstraint(
            "agency",
            models.CheckConstraint(
                condition=models.Q(state__in=["trial", "active", "suspended", "closed"]),
                name="agency_known_state",
            ),
        ),
        migrations.AddConstraint(
            "agency",
            models.CheckConstraint(
                condition=models.Q(state="suspended", suspended_from__in=["trial", "active"])
                | (~models.Q(state="suspended") & models.Q(suspended_from="")),
                name="agency_suspended_from_somewhere",
            ),
        ),
        migrations.RunSQL(GUARD_AGENCY, migrations.RunSQL.noop),
        migrations.RunSQL(
            "CREATE TRIGGER accounts_guard_agency BEFORE INSERT OR UPDATE OR DELETE"
            " ON accounts_agency FOR EACH ROW EXECUTE FUNCTION accounts_guard_agency()",
            migrations.RunSQL.noop,
        ),
        migrations.CreateModel(
            "StaffSession",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("reason", models.TextField(max_length=500, verbose_name="reason")),
                (
                    "started_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(),
                        editable=False,
                        verbose_name="started",
                    ),
                ),
                ("expires_at", models.DateTimeField(editable=False, verbose_name="expires")),
                (
                    "ended_at",
                    models.DateTimeField(editable=False, null=True, verbose_name="ended"),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="user",
                    ),
                ),
            ],
            options={
                "verbose_name": "staff session",
                "verbose_name_plural": "staff sessions",
                "ordering": ["-id"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(ended_at=None),
                        fields=("user",),
                        name="staff_session_one_open",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(expires_at__gt=models.F("started_at")),
                        name="staff_session_expires_later",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(reason__regex=r"\S(.|\n){8,}\S"),
                        name="staff_session_has_reason",
                    ),
                ],
            },
        ),
        migrations.RunSQL(
            [
                GUARD_STAFF_SESSION,
                "CREATE TRIGGER accounts_guard_staff_session BEFORE UPDATE OR DELETE"
                " ON accounts_staffsession FOR EACH ROW"
                " EXECUTE FUNCTION accounts_guard_staff_session()",
                *policy_sql("accounts_staffsession", own=IS_PLATFORM),
            ],
            migrations.RunSQL.noop,
        ),
    ]
