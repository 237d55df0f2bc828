"""Templates with pgvector, row-level security on every tenant table, and the sweeper's question."""

from django.db import migrations

from portal.rowsecurity import ProtectTenant, policy_sql

SHARED_PARTITIONS = 8

# One picture's gallery and subject are written in several tables; these keys keep them the same.
CONSISTENT = [
    "ALTER TABLE searches_subject ADD CONSTRAINT searches_subject_place UNIQUE (agency_id, id, gallery_id)",
    "ALTER TABLE searches_faceimage ADD CONSTRAINT searches_faceimage_place"
    " UNIQUE (agency_id, id, subject_id, gallery_id)",
    "ALTER TABLE searches_faceimage ADD CONSTRAINT searches_faceimage_subject_place"
    " FOREIGN KEY (agency_id, subject_id, gallery_id)"
    " REFERENCES searches_subject (agency_id, id, gallery_id) DEFERRABLE INITIALLY DEFERRED",
]

# halfvec without a dimension: every contract has its own, and every query names the contract.
# An agency with many templates gets a partition of its own; all others share the default's.
TEMPLATE = [
    """
    CREATE TABLE searches_template (
        agency_id bigint NOT NULL,
        contract_id bigint NOT NULL REFERENCES searches_contract (id),
        gallery_id uuid NOT NULL,
        subject_id uuid NOT NULL,
        image_id uuid NOT NULL,
        vector halfvec NOT NULL,
        PRIMARY KEY (agency_id, image_id, contract_id),
        FOREIGN KEY (agency_id, image_id, subject_id, gallery_id)
            REFERENCES searches_faceimage (agency_id, id, subject_id, gallery_id)
            ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED
    ) PARTITION BY LIST (agency_id)
    """,
    "ALTER TABLE searches_template ALTER COLUMN vector SET STORAGE PLAIN",
    "CREATE TABLE searches_template_shared PARTITION OF searches_template DEFAULT"
    " PARTITION BY HASH (agency_id)",
    *(
        f"CREATE TABLE searches_template_shared_{n} PARTITION OF searches_template_shared"
        f" FOR VALUES WITH (MODULUS {SHARED_PARTITIONS}, REMAINDER {n})"
        for n in range(SHARED_PARTITIONS)
    ),
    "CREATE INDEX searches_template_gallery ON searches_template (agency_id, contract_id, gallery_id)",
]

# A policy on the parent alone is bypassed by naming a partition.
TEMPLATE_TABLES = [
    "searches_template",
    "searches_template_shared",
    *(f"searches_template_shared_{n}" for n in range(SHARED_PARTITIONS)),
]

# The sweeper asks for overdue jobs of all agencies. It runs with the caller's own rights: row-level
# security stays on, and only the names of jobs come out.
OVERDUE = """
CREATE FUNCTION searches_overdue_jobs(age interval)
RETURNS TABLE (kind text, job_agency bigint, job uuid) LANGUAGE plpgsql AS $$
DECLARE
    before text := coalesce(current_setting('candor.agency_id', true), '');
    agency bigint;
BEGIN
    FOR agency IN SELECT a.id FROM accounts_agency a ORDER BY a.id LOOP
        PERFORM set_config('candor.agency_id', agency::text, true);
        RETURN QUERY
            SELECT 'search', s.agency_id, s.id FROM searches_search s
                WHERE s.agency_id = agency AND s.state IN ('queued', 'running') AND s.rung_at < now() - age
            UNION ALL
            SELECT 'probe', p.agency_id, p.id FROM searches_probe p
                WHERE p.agency_id = agency AND p.state IN ('queued', 'running') AND p.rung_at < now() - age
            UNION ALL
            SELECT 'enrolment', e.agency_id, e.id FROM searches_enrolment e
                WHERE e.agency_id = agency AND e.state IN ('queued', 'running') AND e.rung_at < now() - age;
    END LOOP;
    PERFORM set_config('candor.agency_id', before, true);
END $$
"""


class Migration(migrations.Migration):
    dependencies = [("searches", "0001_initial"), ("accounts", "0002_row_security")]

    operations = [
        *(
            ProtectTenant(name)
            for name in (
                "Gallery",
                "Subject",
                "FaceImage",
                "Case",
                "Enrolment",
                "Probe",
                "Search",
                "SearchedGallery",
                "Candidate",
            )
        ),
        migrations.RunSQL(CONSISTENT, migrations.RunSQL.noop),
        migrations.RunSQL(TEMPLATE, migrations.RunSQL.noop),
        migrations.RunSQL(
            [statement for table in TEMPLATE_TABLES for statement in policy_sql(table)],
            migrations.RunSQL.noop,
        ),
        migrations.RunSQL(OVERDUE, "DROP FUNCTION searches_overdue_jobs(interval)"),
    ]
