"""The end of a closed agency: how far it is, what the database demands of it, and the receipt."""

from django.db import migrations, models

from portal.rowsecurity import IS_PLATFORM, append_only_sql, policy_sql

STATES = [
    ("waiting", "Waiting"),
    ("exporting", "Exporting"),
    ("exported", "Exported"),
    ("destroying", "Destroying"),
    ("destroyed", "Destroyed"),
    ("failed", "Failed"),
]

# The transitions of docs/agencies.md. Whatever code asks for it: nothing is destroyed before it was
# exported, nor before the agency took its export or the deadline has passed, and the platform can
# put that deadline off and do nothing else.
GUARD = """
CREATE FUNCTION accounts_guard_offboarding() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    by_platform boolean := coalesce(current_setting('candor.platform', true), '') = 'on';
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'off-boardings are append-only' USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'waiting' THEN
            RAISE EXCEPTION 'an off-boarding begins waiting' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.state = 'destroyed' AND NEW IS DISTINCT FROM OLD THEN
        RAISE EXCEPTION 'a finished off-boarding does not change'
            USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.deadline < OLD.deadline OR NEW.closed_at <> OLD.closed_at THEN
        RAISE EXCEPTION 'an off-boarding is not hastened' USING ERRCODE = 'check_violation';
    END IF;
    IF by_platform AND (
        OLD.state IN ('destroying', 'destroyed')
        OR to_jsonb(NEW) - 'deadline' - 'prolonged_reason'
            <> to_jsonb(OLD) - 'deadline' - 'prolonged_reason'
    ) THEN
        RAISE EXCEPTION 'the platform can only put the deadline off'
            USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.exported_at IS NOT NULL AND (NEW.exported_at, NEW.export_sha256)
        IS DISTINCT FROM (OLD.exported_at, OLD.export_sha256)
    THEN
        RAISE EXCEPTION 'a finished export does not change' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.state = OLD.state THEN
        RETURN NEW;
    END IF;
    IF NOT (
        (OLD.state, NEW.state) IN (
            ('waiting', 'exporting'), ('exporting', 'exported'), ('exporting', 'failed'),
            ('exported', 'destroying'), ('destroying', 'destroyed'), ('destroying', 'failed')
        )
        OR (OLD.state = 'failed' AND NEW.state = 'exporting' AND OLD.exported_at IS NULL)
        OR (OLD.state = 'failed' AND NEW.state = 'destroying' AND OLD.started_at IS NOT NULL)
    ) THEN
        RAISE EXCEPTION 'an off-boarding does not go from % to %', OLD.state, NEW.state
            USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.state = 'exporting' AND NOT EXISTS (
        SELECT 1 FROM accounts_agency WHERE id = NEW.agency_id AND state = 'closed'
    ) THEN
        RAISE EXCEPTION 'only a closed agency is exported for its end'
            USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.state = 'exported' AND NOT (
        NEW.deadline <= now()
        OR (NEW.downloaded_at IS NOT NULL AND NEW.confirmed_at IS NOT NULL)
    ) THEN
        RAISE EXCEPTION 'destroyed before the deadline and without the agency saying so'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$
"""

GUARD_KEY = """
CREATE FUNCTION accounts_guard_data_key() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF length(OLD.data_key) = 0 THEN
        RAISE EXCEPTION 'a destroyed data key does not come back'
            USING ERRCODE = 'check_violation';
    END IF;
    IF length(NEW.data_key) = 0 AND NOT EXISTS (
        SELECT 1 FROM accounts_offboarding WHERE agency_id = NEW.id AND state = 'destroying'
    ) THEN
        RAISE EXCEPTION 'a data key is destroyed with its agency only'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$
"""

REFUSE = """
CREATE FUNCTION accounts_refuse_receipt_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'receipts are append-only' USING ERRCODE = 'insufficient_privilege';
END $$
"""

# As in 0004, but an agency that is being destroyed needs no administrator any more.
KEEP_ADMIN = """
CREATE OR REPLACE FUNCTION accounts_keep_admin() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    scope_before text := coalesce(current_setting('candor.agency_id', true), '');
    is_fine boolean;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('accounts_keep_admin', OLD.agency_id));
    PERFORM set_config('candor.agency_id', OLD.agency_id::text, true);
    SELECT EXISTS (
        SELECT 1 FROM accounts_membership WHERE agency_id = OLD.agency_id
        AND deactivated_at IS NULL AND 'admin' = ANY (roles)
    ) OR EXISTS (
        SELECT 1 FROM accounts_offboarding WHERE agency_id = OLD.agency_id
        AND state IN ('destroying', 'destroyed')
    ) INTO is_fine;
    PERFORM set_config('candor.agency_id', scope_before, true);
    IF NOT is_fine THEN
        RAISE EXCEPTION 'agency % would lose its last admin', OLD.agency_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'membership_keeps_admin';
    END IF;
    RETURN NULL;
END $$
"""

# Versions of policies stay as long as their agency: they go with it and not before.
POLICIES_GO_AT_THE_END = [
    """
CREATE OR REPLACE FUNCTION accounts_keep_policies() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND EXISTS (
        SELECT 1 FROM accounts_offboarding
        WHERE agency_id = OLD.agency_id AND state = 'destroying'
    ) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'security policies are append-only' USING ERRCODE = 'check_violation';
END $$
""",
    """
DO $$ DECLARE role_name text; BEGIN
    FOR role_name IN SELECT DISTINCT grantee FROM information_schema.role_table_grants
        WHERE table_name = 'accounts_securitypolicy' AND privilege_type = 'INSERT'
        AND grantee NOT IN (current_user, 'PUBLIC')
    LOOP
        EXECUTE format('GRANT DELETE ON accounts_securitypolicy TO %I', role_name);
    END LOOP;
END $$
""",
]

# Agencies that were closed before off-boarding existed get the usual time from now on.
OPEN_FOR_CLOSED = """
DO $$ DECLARE closed bigint; BEGIN
    PERFORM set_config('candor.platform', 'on', true);
    FOR closed IN SELECT id FROM accounts_agency WHERE state = 'closed' LOOP
        PERFORM set_config('candor.agency_id', closed::text, true);
        INSERT INTO accounts_offboarding (
            agency_id, state, closed_at, deadline, prolonged_reason, attempts, rung_at,
            failure_code, files_total, files_done, exported_rows, export_sha256, key_sha256,
            removed_rows
        ) VALUES (closed, 'waiting', now(), now() + interval '30 days', '', 0, now(), '', 0, 0,
                  '{}', '', '', '{}');
    END LOOP;
    PERFORM set_config('candor.platform', '', true);
    PERFORM set_config('candor.agency_id', '', true);
END $$
"""


def own_table_sql(table: str) -> list[str]:
    """The agency's own, read by the platform too."""
    return [
        f"ALTER TABLE {table} ADD CONSTRAINT {table}_agency_fk"
        " FOREIGN KEY (agency_id) REFERENCES accounts_agency (id)",
        *policy_sql(table, also_read=IS_PLATFORM),
    ]


class Migration(migrations.Migration):
    dependencies = [("accounts", "0006_security_policies")]

    operations = [
        migrations.CreateModel(
            name="DestructionReceipt",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("agency_id", models.BigIntegerField(editable=False)),
                ("document", models.JSONField()),
                ("key_id", models.CharField(max_length=16)),
                ("signature", models.CharField(max_length=100)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "verbose_name": "receipt of destruction",
                "verbose_name_plural": "receipts of destruction",
                "constraints": [
                    models.UniqueConstraint(fields=("agency_id",), name="destruction_receipt_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="Offboarding",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("agency_id", models.BigIntegerField(editable=False)),
                (
                    "state",
                    models.CharField(
                        choices=STATES, default="waiting", max_length=10, verbose_name="state"
                    ),
                ),
                ("closed_at", models.DateTimeField(editable=False)),
                ("deadline", models.DateTimeField(editable=False)),
                ("prolonged_reason", models.CharField(blank=True, max_length=500)),
                ("claim", models.UUIDField(editable=False, null=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("rung_at", models.DateTimeField(auto_now_add=True)),
                ("failure_code", models.CharField(blank=True, max_length=60)),
                ("files_total", models.PositiveBigIntegerField(default=0)),
                ("files_done", models.PositiveBigIntegerField(default=0)),
                ("exported_rows", models.JSONField(default=dict, help_text="per table")),
                ("exported_at", models.DateTimeField(editable=False, null=True)),
                (
                    "export_sha256",
                    models.CharField(blank=True, editable=False, max_length=64),
                ),
                ("downloaded_at", models.DateTimeField(editable=False, null=True)),
                ("confirmed_at", models.DateTimeField(editable=False, null=True)),
                ("confirmed_by_id", models.BigIntegerField(editable=False, null=True)),
                ("started_at", models.DateTimeField(editable=False, null=True)),
                ("key_sha256", models.CharField(blank=True, editable=False, max_length=64)),
                ("files_removed", models.PositiveBigIntegerField(null=True)),
                ("bytes_removed", models.PositiveBigIntegerField(null=True)),
                ("removed_rows", models.JSONField(default=dict, help_text="per table")),
                ("finished_at", models.DateTimeField(editable=False, null=True)),
            ],
            options={
                "verbose_name": "off-boarding",
                "verbose_name_plural": "off-boardings",
                "constraints": [
                    models.UniqueConstraint(fields=("agency_id",), name="offboarding_once"),
                    models.CheckConstraint(
                        condition=models.Q(state__in=[state for state, _ in STATES]),
                        name="offboarding_state",
                    ),
                    models.CheckConstraint(
                        condition=~models.Q(state="failed") | ~models.Q(failure_code=""),
                        name="offboarding_failure_has_code",
                    ),
                    models.CheckConstraint(
                        condition=~models.Q(state__in=["exported", "destroying", "destroyed"])
                        | models.Q(
                            exported_at__isnull=False, export_sha256__regex="^[0-9a-f]{64}$"
                        ),
                        name="offboarding_exported_before",
                    ),
                ],
            },
        ),
        migrations.RunSQL(
            [
                GUARD,
                "CREATE TRIGGER accounts_guard_offboarding BEFORE INSERT OR UPDATE OR DELETE"
                " ON accounts_offboarding FOR EACH ROW"
                " EXECUTE FUNCTION accounts_guard_offboarding()",
                *own_table_sql("accounts_offboarding"),
                "CREATE POLICY put_off ON accounts_offboarding FOR UPDATE"
                f" USING ({IS_PLATFORM}) WITH CHECK ({IS_PLATFORM})",
                GUARD_KEY,
                "CREATE TRIGGER accounts_guard_data_key BEFORE UPDATE OF data_key"
                " ON accounts_agency FOR EACH ROW WHEN (NEW.data_key <> OLD.data_key)"
                " EXECUTE FUNCTION accounts_guard_data_key()",
                KEEP_ADMIN,
                *POLICIES_GO_AT_THE_END,
                REFUSE,
                "CREATE TRIGGER accounts_receipt_append_only BEFORE UPDATE OR DELETE"
                " ON accounts_destructionreceipt FOR EACH ROW"
                " EXECUTE FUNCTION accounts_refuse_receipt_change()",
                *own_table_sql("accounts_destructionreceipt"),
                append_only_sql("accounts_destructionreceipt"),
                OPEN_FOR_CLOSED,
            ],
            migrations.RunSQL.noop,
        ),
    ]
