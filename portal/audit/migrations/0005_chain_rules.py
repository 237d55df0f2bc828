"""The chain is written once, entries wait for their links, and agencies see their own only."""

from django.db import migrations

from portal.rowsecurity import CURRENT_AGENCY, IS_PLATFORM, append_only_sql, policy_sql

OWN = f"agency_id = {CURRENT_AGENCY} OR (agency_id IS NULL AND {IS_PLATFORM})"
WRITTEN_ONCE = ("audit_auditlink", "audit_checkpoint")
# Rows that may go (content that is erased, entries that are linked) and never change.
NEVER_CHANGED = ("audit_auditcontent", "audit_auditkey", "audit_auditpending")
# The clock must know which chains have work: ids of agencies and of entries, nothing else.
FOR_THE_CLOCK = ("audit_auditpending", "audit_auditchain")

PENDING = """
CREATE FUNCTION audit_wait_for_link() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO audit_auditpending (entry_id, agency_id) VALUES (NEW.id, NEW.agency_id);
    RETURN NULL;
END $$;
CREATE TRIGGER audit_wait_for_link AFTER INSERT ON audit_auditentry
    FOR EACH ROW EXECUTE FUNCTION audit_wait_for_link();
"""
KEEP_PENDING = """
CREATE FUNCTION audit_keep_pending() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM audit_auditlink l WHERE l.entry_id = OLD.entry_id) THEN
        RAISE EXCEPTION 'entry % is not linked', OLD.entry_id
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN OLD;
END $$;
CREATE TRIGGER audit_keep_pending BEFORE DELETE ON audit_auditpending
    FOR EACH ROW EXECUTE FUNCTION audit_keep_pending();
"""
# A link belongs to an entry of its own chain, and follows the one before it.
LINK = """
CREATE FUNCTION audit_link_fits() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM audit_auditentry e WHERE e.id = NEW.entry_id
                   AND e.agency_id IS NOT DISTINCT FROM NEW.agency_id) THEN
        RAISE EXCEPTION 'a link is of an entry of its own chain' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.number <> 1 AND NOT EXISTS (SELECT FROM audit_auditlink l
                   WHERE l.agency_id IS NOT DISTINCT FROM NEW.agency_id
                   AND l.number = NEW.number - 1) THEN
        RAISE EXCEPTION 'a link follows another one' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER audit_link_fits BEFORE INSERT ON audit_auditlink
    FOR EACH ROW EXECUTE FUNCTION audit_link_fits();
"""
CHECKS = """
ALTER TABLE audit_auditlink ADD CONSTRAINT audit_link_number CHECK (number >= 1),
    ADD CONSTRAINT audit_link_hashes
        CHECK (digest ~ '^[0-9a-f]{64}$' AND head ~ '^[0-9a-f]{64}$');
ALTER TABLE audit_auditentry ADD CONSTRAINT audit_entry_content
        CHECK (content_digest = '' OR content_digest ~ '^[0-9a-f]{64}$'),
    ADD CONSTRAINT audit_entry_outcome CHECK (outcome IN ('', 'done', 'refused', 'failed'));
ALTER TABLE audit_checkpoint ADD CONSTRAINT checkpoint_counts
        CHECK (number >= 1 AND entries >= 1 AND head ~ '^[0-9a-f]{64}$');
"""
# What was recorded before there was a chain is linked first, in the order of its ids.
# The owner role is under row-level security itself, but for this one statement.
EARLIER = """
ALTER TABLE audit_auditentry NO FORCE ROW LEVEL SECURITY;
INSERT INTO audit_auditpending (entry_id, agency_id) SELECT id, agency_id FROM audit_auditentry;
ALTER TABLE audit_auditentry FORCE ROW LEVEL SECURITY;
"""


def _refusals(table: str, verbs: str) -> list[str]:
    return [
        f"CREATE TRIGGER {table}_written_once BEFORE {verbs} ON {table}"
        " FOR EACH ROW EXECUTE FUNCTION audit_refuse_change()",
        f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}"
        " FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change()",
    ]


def _statements() -> list[str]:
    found = [EARLIER, PENDING, KEEP_PENDING, LINK, CHECKS]
    for table in WRITTEN_ONCE:
        found += [*_refusals(table, "UPDATE OR DELETE"), append_only_sql(table)]
    for table in NEVER_CHANGED:
        found += [*_refusals(table, "UPDATE"), _no_update(table)]
    for table in (*WRITTEN_ONCE, *NEVER_CHANGED, "audit_auditchain"):
        found += policy_sql(table, own=OWN, also_read=IS_PLATFORM if table in FOR_THE_CLOCK else "")
    return found


def _no_update(table: str) -> str:
    return append_only_sql(table).replace("UPDATE, DELETE, TRUNCATE", "UPDATE, TRUNCATE")


class Migration(migrations.Migration):
    dependencies = [("audit", "0004_chain")]

    operations = [
        migrations.RunSQL(statement, migrations.RunSQL.noop) for statement in _statements()
    ]
