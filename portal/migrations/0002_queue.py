"""What waits, and how far the clock's work is behind, over all agencies: kinds and counts only.

As the sweeper's questions the functions run with the caller's own rights: row-level security stays
on, they look at one agency after the other, and no name of an agency or a job comes out.
"""

from django.db import migrations

# kind -> table of its jobs (searches.models.Job).
JOBS = {
    "search": "searches_search",
    "probe": "searches_probe",
    "enrolment": "searches_enrolment",
    "erasure": "galleries_erasure",
    "hygiene": "galleries_hygienerun",
    "shadow_search": "galleries_shadowsearch",
}
# A search that waited for its authorization began to wait for a worker when it was sealed.
SINCE = {
    "search": "greatest(j.created_at, (SELECT max(t.sealed_at) FROM searches_searchtoken t"
    " WHERE t.agency_id = j.agency_id AND t.search_id = j.id))"
}
OPEN = "j.state IN ('queued', 'running')"
KEPT = "(j.state = 'held' OR j.state = 'failed' AND j.finished_at > now() - interval '7 days')"


def _jobs(which: str) -> str:
    return "\nUNION ALL ".join(
        f"SELECT '{kind}', j.state::text, j.failure_code::text, count(*),"
        f" min({SINCE.get(kind, 'j.created_at')}) FROM {table} j"
        f" WHERE j.agency_id = agency AND {which} GROUP BY 2, 3"
        for kind, table in JOBS.items()
    )


# What is no job of that form, and is worked on all the same.
OTHERS = """
UNION ALL SELECT 'import', CASE b.stage WHEN 'running' THEN 'running' ELSE 'queued' END, ''::text,
    count(*), min(b.touched_at) FROM galleries_importbatch b
    WHERE b.agency_id = agency AND b.stage IN ('checking', 'running') GROUP BY 2
UNION ALL SELECT 'engine_change', 'running', c.failure_code::text, count(*), min(c.started_at)
    FROM galleries_enginechange c WHERE c.agency_id = agency
    AND (c.stage IN ('cancelling', 'removing')
        OR NOT c.paused AND (c.stage = 'embedding' OR c.asked <> '')) GROUP BY 3
UNION ALL SELECT 'webhook', 'queued', ''::text, count(*), min(w.created_at)
    FROM accounts_webhookdelivery w WHERE w.agency_id = agency AND w.state = 'waiting'
    HAVING count(*) > 0
UNION ALL SELECT 'signed_head', 'queued', ''::text, count(*), min(k.made_at)
    FROM oversight_delivery p
    JOIN audit_checkpoint k ON k.agency_id = p.agency_id AND k.number = p.checkpoint
    WHERE p.agency_id = agency AND p.sent_at IS NULL HAVING count(*) > 0
"""


def _each_agency(name: str, columns: str, body: str, after: str = "") -> str:
    return f"""
CREATE FUNCTION {name}() RETURNS TABLE ({columns}) LANGUAGE plpgsql AS $$
DECLARE
    before text := coalesce(current_setting('candor.agency_id', true), '');
    agency bigint;
BEGIN
    FOR agency IN SELECT a.id FROM accounts_agency a ORDER BY a.id LOOP
        PERFORM set_config('candor.agency_id', agency::text, true);
        RETURN QUERY {body};
    END LOOP;
    PERFORM set_config('candor.agency_id', before, true);
    {after}
END $$
"""


QUEUE = "kind text, job_state text, code text, jobs bigint, oldest timestamptz"

# Seconds that something is behind, and how many entries wait.
LAGS = """
SELECT 'unlinked'::text, count(*), coalesce(extract(epoch FROM now() - min(e.at)), 0)::float
    FROM audit_auditpending p JOIN audit_auditentry e ON e.id = p.entry_id
    WHERE p.agency_id = agency
UNION ALL SELECT 'unsigned'::text, count(*),
    coalesce(extract(epoch FROM now() - min(c.checkpoint_due)), 0)::float
    FROM audit_auditchain c WHERE c.agency_id = agency AND c.checkpoint_due < now()
UNION ALL SELECT 'retention'::text, 1::bigint, extract(epoch FROM now() - coalesce(
        (SELECT max(r.at) FROM galleries_retentionrun r WHERE r.agency_id = agency), a.created_at
    ))::float
    FROM accounts_agency a WHERE a.id = agency AND a.state IN ('trial', 'active')
"""
PLATFORM_LAGS = """
RETURN QUERY SELECT 'unlinked'::text, count(*),
    coalesce(extract(epoch FROM now() - min(e.at)), 0)::float
    FROM audit_auditpending p JOIN audit_auditentry e ON e.id = p.entry_id
    WHERE p.agency_id IS NULL;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("portal", "0001_cache"),
        ("audit", "0007_stamps"),
        ("accounts", "0031_sandboxes"),
        ("searches", "0019_drafts"),
        ("galleries", "0007_rewriting"),
        ("oversight", "0005_requests"),
    ]
    operations = [
        migrations.RunSQL(
            _each_agency("portal_queue", QUEUE, _jobs(OPEN) + OTHERS),
            "DROP FUNCTION portal_queue()",
        ),
        migrations.RunSQL(
            _each_agency("portal_queue_kept", QUEUE, _jobs(KEPT)),
            "DROP FUNCTION portal_queue_kept()",
        ),
        migrations.RunSQL(
            _each_agency(
                "portal_lags",
                "name text, entries bigint, seconds float",
                LAGS,
                PLATFORM_LAGS,
            ),
            "DROP FUNCTION portal_lags()",
        ),
    ]
