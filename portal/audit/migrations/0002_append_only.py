"""Entries are written once: by privilege, by trigger (also for the owner role), per agency."""

from django.db import migrations

from portal.rowsecurity import CURRENT_AGENCY, IS_PLATFORM, append_only_sql, policy_sql

# Log-ins and acts of the platform belong to no agency: only the platform scope sees them.
OWN = f"agency_id = {CURRENT_AGENCY} OR (agency_id IS NULL AND {IS_PLATFORM})"

REFUSE = """
CREATE FUNCTION audit_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'audit entries are append-only' USING ERRCODE = 'insufficient_privilege';
END $$
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]

    operations = [
        migrations.RunSQL(REFUSE, "DROP FUNCTION audit_refuse_change()"),
        migrations.RunSQL(
            "CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE ON audit_auditentry"
            " FOR EACH ROW EXECUTE FUNCTION audit_refuse_change()",
            migrations.RunSQL.noop,
        ),
        migrations.RunSQL(
            "CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit_auditentry"
            " FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change()",
            migrations.RunSQL.noop,
        ),
        migrations.RunSQL(policy_sql("audit_auditentry", own=OWN), migrations.RunSQL.noop),
        migrations.RunSQL(append_only_sql("audit_auditentry"), migrations.RunSQL.noop),
    ]
