"""Invitations, seats, the end of memberships, and an administrator for every agency."""

import uuid

import django.contrib.postgres.fields
from django.db import migrations, models

import accounts.models.agency
from portal.rowsecurity import CURRENT_INVITATION, ProtectTenant

ROLES = [
    ("analyst", "Analyst"),
    ("examiner", "Examiner"),
    ("supervisor", "Supervisor"),
    ("auditor", "Auditor"),
    ("admin", "Agency admin"),
]

# Runs at commit, when the code's scope may have been left: it looks at the agency by itself. The
# lock makes two demotions wait for each other; the query after it sees what the first one did.
KEEP_ADMIN = """
CREATE FUNCTION accounts_keep_admin() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    scope_before text := coalesce(current_setting('candor.agency_id', true), '');
    has_admin boolean;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('accounts_keep_admin', OLD.agency_id));
    PERFORM set_config('candor.agency_id', OLD.agency_id::text, true);
    SELECT EXISTS (
        SELECT 1 FROM accounts_membership WHERE agency_id = OLD.agency_id
        AND deactivated_at IS NULL AND 'admin' = ANY (roles)
    ) INTO has_admin;
    PERFORM set_config('candor.agency_id', scope_before, true);
    IF NOT has_admin THEN
        RAISE EXCEPTION 'agency % would lose its last admin', OLD.agency_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'membership_keeps_admin';
    END IF;
    RETURN NULL;
END $$
"""

WAS_ADMIN = "OLD.deactivated_at IS NULL AND 'admin' = ANY (OLD.roles)"


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_agency_states")]

    operations = [
        migrations.AddField(
            "agency",
            "seats",
            models.PositiveIntegerField(blank=True, null=True, verbose_name="seats"),
        ),
        migrations.AddField(
            "membership", "deactivated_at", models.DateTimeField(editable=False, null=True)
        ),
        migrations.AddField(
            "user",
            "time_zone",
            models.CharField(
                blank=True,
                default="",
                max_length=64,
                validators=[accounts.models.agency.known_time_zone],
                verbose_name="time zone",
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            "user", "session_epoch", models.PositiveIntegerField(default=0, editable=False)
        ),
        migrations.CreateModel(
            "Invitation",
            fields=[
                ("agency_id", models.BigIntegerField(editable=False)),
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("email", models.EmailField(max_length=254, verbose_name="e-mail address")),
                (
                    "roles",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(choices=ROLES, max_length=20), size=None
                    ),
                ),
                (
                    "language",
                    models.CharField(max_length=10, verbose_name="language of the e-mail"),
                ),
                ("token_hash", models.CharField(editable=False, max_length=64, unique=True)),
                ("invited_by_id", models.BigIntegerField(editable=False, null=True)),
                ("invited_by_label", models.CharField(max_length=254)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("sent_at", models.DateTimeField(editable=False)),
                ("expires_at", models.DateTimeField(editable=False)),
                ("tries", models.PositiveSmallIntegerField(default=0, editable=False)),
                ("accepted_at", models.DateTimeField(editable=False, null=True)),
                ("revoked_at", models.DateTimeField(editable=False, null=True)),
            ],
            options={
                "verbose_name": "invitation",
                "verbose_name_plural": "invitations",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(accepted_at=None, revoked_at=None),
                        fields=("agency_id", "email"),
                        name="invitation_open_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            roles__contained_by=[role for role, _ in ROLES], roles__len__gt=0
                        ),
                        name="invitation_known_roles",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(accepted_at=None) | models.Q(revoked_at=None),
                        name="invitation_one_end",
                    ),
                ],
            },
        ),
        ProtectTenant("Invitation"),
        # Who knows a token sees its invitation; nobody gets a list this way.
        migrations.RunSQL(
            "CREATE POLICY by_token ON accounts_invitation FOR SELECT"
            f" USING (token_hash = {CURRENT_INVITATION})",
            migrations.RunSQL.noop,
        ),
        migrations.RunSQL(KEEP_ADMIN, migrations.RunSQL.noop),
        migrations.RunSQL(
            [
                "CREATE CONSTRAINT TRIGGER membership_keeps_admin_update AFTER UPDATE"
                " ON accounts_membership DEFERRABLE INITIALLY DEFERRED FOR EACH ROW"
                f" WHEN ({WAS_ADMIN} AND (NEW.deactivated_at IS NOT NULL"
                " OR NOT 'admin' = ANY (NEW.roles) OR NEW.agency_id <> OLD.agency_id))"
                " EXECUTE FUNCTION accounts_keep_admin()",
                "CREATE CONSTRAINT TRIGGER membership_keeps_admin_delete AFTER DELETE"
                " ON accounts_membership DEFERRABLE INITIALLY DEFERRED FOR EACH ROW"
                f" WHEN ({WAS_ADMIN}) EXECUTE FUNCTION accounts_keep_admin()",
            ],
            migrations.RunSQL.noop,
        ),
    ]
