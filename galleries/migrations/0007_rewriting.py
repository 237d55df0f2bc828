"""Rewriting tables, so that no page of them holds what was deleted; the role that owns them does."""

from django.db import migrations, models

# Where the templates of an agency lie: in a partition of its own, or in one that it shares.
PARTITION = """
CREATE FUNCTION galleries_template_table(p_agency bigint) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT coalesce(
        to_regclass('searches_template_of_' || p_agency)::text,
        (SELECT 'searches_template_shared_' || n FROM generate_series(0, 7) AS n
         WHERE satisfies_hash_partition('searches_template_shared'::regclass, 8, n, p_agency)))
$$
"""

# CLUSTER writes a table and its indexes into new files and drops the old ones. It works in a
# transaction, which VACUUM FULL does not, so that the owner's right can be lent for it alone.
REWRITE = """
CREATE FUNCTION galleries_rewrite(p_table text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    index_name text;
BEGIN
    SELECT k.relname INTO index_name FROM pg_class c
    JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
    JOIN pg_class k ON k.oid = i.indexrelid
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'agency_id' AND NOT a.attisdropped
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND c.relname = p_table
        AND c.relname ~ '^(searches|galleries)_';
    IF index_name IS NULL THEN
        RAISE EXCEPTION 'no table to rewrite: %', p_table USING ERRCODE = 'check_violation';
    END IF;
    EXECUTE format('CLUSTER %I USING %I', p_table, index_name);
END $$
"""

# The application sees the snapshots of its own sessions only; the owner, to whom roles.sql grants
# it, those of all. Estimated from the age, it errs to the older side.
HORIZON = """
CREATE FUNCTION galleries_horizon() RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT least(
        pg_snapshot_xmin(pg_current_snapshot())::text::bigint,
        (SELECT min(pg_snapshot_xmax(pg_current_snapshot())::text::bigint
                - age(a.backend_xmin)::bigint)
            FROM pg_stat_activity a WHERE a.backend_xmin IS NOT NULL
            AND a.pid <> pg_backend_pid() AND a.datname = current_database()))
$$
"""


class Migration(migrations.Migration):
    dependencies = [("galleries", "0005_engine_changes")]

    operations = [
        migrations.CreateModel(
            name="TableRewrite",
            fields=[
                ("name", models.CharField(max_length=63, primary_key=True, serialize=False)),
                ("horizon", models.BigIntegerField()),
                ("at", models.DateTimeField()),
            ],
        ),
        *(migrations.RunSQL(sql, migrations.RunSQL.noop) for sql in (PARTITION, REWRITE, HORIZON)),
    ]
