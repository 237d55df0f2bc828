"""Versions of galleries that cost what changed: kept digests, and the marks that end them."""

from django.db import migrations, models

from portal.rowsecurity import ProtectTenant, append_only_sql

# Statement by statement, so that erasing thousands of pictures writes one mark a bucket. Marks are
# inserted and never updated: nobody waits for another transaction here, and no lock is held. Of an
# agency that is being destroyed nothing more is written.
MARK = """
CREATE FUNCTION searches_mark_leaves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO searches_gallerymark (agency_id, gallery_id, bucket, xid, at)
        SELECT p.*, pg_current_xact_id()::text::bigint, clock_timestamp()
        FROM (SELECT DISTINCT agency_id, gallery_id, left(id::text, 3) FROM new_rows) AS p;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO searches_gallerymark (agency_id, gallery_id, bucket, xid, at)
        SELECT p.*, pg_current_xact_id()::text::bigint, clock_timestamp()
        FROM (SELECT DISTINCT agency_id, gallery_id, left(id::text, 3) FROM old_rows) AS p
        WHERE NOT searches_destroying(p.agency_id);
    ELSE
        INSERT INTO searches_gallerymark (agency_id, gallery_id, bucket, xid, at)
        SELECT p.*, pg_current_xact_id()::text::bigint, clock_timestamp()
        FROM (SELECT DISTINCT agency_id, gallery_id, left(id::text, 3) FROM (
            (SELECT agency_id, gallery_id, id, sha256, enrolled_at, erased_at FROM old_rows
                EXCEPT SELECT agency_id, gallery_id, id, sha256, enrolled_at, erased_at FROM new_rows)
            UNION ALL
            (SELECT agency_id, gallery_id, id, sha256, enrolled_at, erased_at FROM new_rows
                EXCEPT SELECT agency_id, gallery_id, id, sha256, enrolled_at, erased_at FROM old_rows)
        ) AS changed) AS p
        WHERE NOT searches_destroying(p.agency_id);
    END IF;
    RETURN NULL;
END $$
"""
TRIGGERS = {
    "INSERT": "REFERENCING NEW TABLE AS new_rows",
    "UPDATE": "REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows",
    "DELETE": "REFERENCING OLD TABLE AS old_rows",
}

# Digests are written by this function alone, which works them out itself, one caller at a time: so
# they follow each other in the order of their snapshots. Whoever finds another at it does without.
# What the caller's own transaction changed stays marked, for its number is in no snapshot of its.
KEEP = """
CREATE FUNCTION searches_keep_leaves(p_agency bigint, p_gallery uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    here text := (SELECT system_identifier::text FROM pg_control_system());
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' OR NOT (
        EXISTS (SELECT FROM searches_gallerymark
            WHERE agency_id = p_agency AND gallery_id = p_gallery)
        OR EXISTS (SELECT FROM searches_galleryleaf
            WHERE agency_id = p_agency AND gallery_id = p_gallery AND cluster <> here)
    ) OR NOT pg_try_advisory_xact_lock(hashtext('candor_leaves'), hashtext(p_gallery::text)) THEN
        RETURN;
    END IF;
    WITH leaf AS (
        SELECT * FROM searches_galleryleaf WHERE agency_id = p_agency AND gallery_id = p_gallery
    ), stale AS (
        SELECT m.bucket, max(m.at) AS changed_at
        FROM searches_gallerymark m LEFT JOIN leaf l ON l.bucket = m.bucket AND l.cluster = here
        WHERE m.agency_id = p_agency AND m.gallery_id = p_gallery AND (l.bucket IS NULL
            OR NOT pg_visible_in_snapshot(m.xid::text::xid8, l.seen::pg_snapshot))
        GROUP BY m.bucket
    ), wanted AS MATERIALIZED (
        -- The bounds are made here: row-level security lets no index use what it must compute.
        SELECT bucket, max(changed_at) AS changed_at,
            (bucket || '00000-0000-0000-0000-000000000000')::uuid AS first,
            (bucket || 'fffff-ffff-ffff-ffff-ffffffffffff')::uuid AS last
        FROM (
            SELECT * FROM stale UNION ALL SELECT bucket, changed_at FROM leaf WHERE cluster <> here
        ) AS behind GROUP BY bucket
    ), kept AS (
        INSERT INTO searches_galleryleaf AS l (agency_id, gallery_id, bucket, digest, images,
            last_enrolled_at, changed_at, seen, cluster)
        SELECT p_agency, p_gallery, w.bucket, made.*, w.changed_at, pg_current_snapshot()::text,
            here
        FROM wanted w CROSS JOIN LATERAL (
            SELECT encode(sha256(convert_to(coalesce(string_agg(
                    f.id::text || ' ' || f.sha256, E'\n' ORDER BY f.id), ''), 'UTF8')), 'hex'),
                count(*), max(f.enrolled_at)
            FROM searches_faceimage f
            WHERE f.agency_id = p_agency AND f.gallery_id = p_gallery AND f.erased_at IS NULL
                AND f.id >= w.first AND f.id <= w.last
        ) AS made
        WHERE (SELECT count(*) FROM wanted) <= 256
        UNION ALL
        -- Many at once go in one pass: looked up one by one they would cost a pass each while the
        -- planner knows nothing yet of pictures that have just come.
        SELECT p_agency, p_gallery, w.bucket, coalesce(made.digest, encode(sha256(''), 'hex')),
            coalesce(made.images, 0), made.last_enrolled_at, w.changed_at,
            pg_current_snapshot()::text, here
        FROM wanted w LEFT JOIN (
            SELECT left(f.id::text, 3) AS bucket, encode(sha256(convert_to(string_agg(
                    f.id::text || ' ' || f.sha256, E'\n' ORDER BY f.id), 'UTF8')), 'hex') AS digest,
                count(*) AS images, max(f.enrolled_at) AS last_enrolled_at
            FROM searches_faceimage f
            WHERE f.agency_id = p_agency AND f.gallery_id = p_gallery AND f.erased_at IS NULL
            GROUP BY left(f.id::text, 3)
        ) AS made ON made.bucket = w.bucket
        WHERE (SELECT count(*) FROM wanted) > 256
        ON CONFLICT (agency_id, gallery_id, bucket) DO UPDATE SET digest = excluded.digest,
            images = excluded.images, last_enrolled_at = excluded.last_enrolled_at,
            changed_at = excluded.changed_at, seen = excluded.seen, cluster = excluded.cluster
    )
    DELETE FROM searches_gallerymark
    WHERE agency_id = p_agency AND gallery_id = p_gallery
        AND pg_visible_in_snapshot(xid::text::xid8, pg_current_snapshot());
END $$;
CREATE FUNCTION searches_guard_leaves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_user <> (SELECT tableowner FROM pg_tables
            WHERE schemaname = TG_TABLE_SCHEMA AND tablename = TG_TABLE_NAME)
        AND NOT searches_destroying(NULLIF(current_setting('candor.agency_id', true), '')::bigint)
    THEN
        RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER searches_guard_leaves BEFORE DELETE ON searches_galleryleaf
    FOR EACH STATEMENT EXECUTE FUNCTION searches_guard_leaves();
CREATE TRIGGER searches_guard_marks BEFORE DELETE ON searches_gallerymark
    FOR EACH STATEMENT EXECUTE FUNCTION searches_guard_leaves()
"""
NOT_FOR_THE_APP = {
    "searches_galleryleaf": "INSERT, UPDATE, TRUNCATE",
    "searches_gallerymark": "UPDATE, TRUNCATE",
}

# The moment of an enrolment is read after its lock is taken (it is shared by all who enrol): older
# than the clock of somebody who looks at the locks is only what they can see.
ENROLLED = """
CREATE FUNCTION searches_stamp_enrolment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(
        hashtext('candor_enrolling'), hashtext(NEW.gallery_id::text));
    NEW.enrolled_at := clock_timestamp();
    RETURN NEW;
END $$;
CREATE TRIGGER searches_stamp_enrolment BEFORE INSERT ON searches_faceimage
    FOR EACH ROW EXECUTE FUNCTION searches_stamp_enrolment()
"""

# What was enrolled before has no digest yet.
FILL = """
DO $$ DECLARE agency bigint; BEGIN
    PERFORM set_config('candor.platform', 'on', true);
    FOR agency IN SELECT id FROM accounts_agency LOOP
        PERFORM set_config('candor.agency_id', agency::text, true);
        INSERT INTO searches_gallerymark (agency_id, gallery_id, bucket, xid, at)
        SELECT agency, gallery_id, left(id::text, 3), pg_current_xact_id()::text::bigint,
            max(enrolled_at)
        FROM searches_faceimage WHERE agency_id = agency GROUP BY gallery_id, left(id::text, 3);
    END LOOP;
    PERFORM set_config('candor.platform', '', true);
    PERFORM set_config('candor.agency_id', '', true);
END $$
"""


# A picture comes from a source that its gallery has and a register that is in use; a source goes
# when no picture is of it, a register that is retired stays so.
SOURCES = """
CREATE FUNCTION searches_guard_source() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM searches_gallerysource s WHERE s.agency_id = NEW.agency_id
        AND s.gallery_id = NEW.gallery_id AND s.register_id = NEW.register_id
        AND s.removed_at IS NULL FOR SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'register_not_of_gallery: the register is no source of the gallery'
            USING ERRCODE = 'check_violation';
    END IF;
    IF EXISTS (SELECT FROM searches_sourceregister r WHERE r.agency_id = NEW.agency_id
            AND r.id = NEW.register_id AND r.retired_at IS NOT NULL) THEN
        RAISE EXCEPTION 'register_retired: the register takes no more pictures'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER searches_guard_source BEFORE INSERT OR UPDATE OF gallery_id, register_id
    ON searches_faceimage FOR EACH ROW EXECUTE FUNCTION searches_guard_source();

CREATE FUNCTION searches_guard_source_removed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.id, NEW.gallery_id, NEW.register_id) IS DISTINCT FROM
            (OLD.id, OLD.gallery_id, OLD.register_id) THEN
        RAISE EXCEPTION 'a source of a gallery does not change' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.removed_at IS NOT NULL AND EXISTS (SELECT FROM searches_faceimage i
            WHERE i.agency_id = NEW.agency_id AND i.gallery_id = NEW.gallery_id
            AND i.register_id = NEW.register_id AND i.erased_at IS NULL) THEN
        RAISE EXCEPTION 'source_in_use: pictures of the register are in the gallery'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER searches_guard_source_removed BEFORE UPDATE ON searches_gallerysource
    FOR EACH ROW EXECUTE FUNCTION searches_guard_source_removed();

CREATE OR REPLACE FUNCTION searches_guard_register() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.id, NEW.kind, NEW.legal_basis, NEW.created_at, NEW.created_by_label) IS DISTINCT FROM
            (OLD.id, OLD.kind, OLD.legal_basis, OLD.created_at, OLD.created_by_label) THEN
        RAISE EXCEPTION 'kind and basis of a register do not change'
            USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.retired_at IS NOT NULL AND NEW.retired_at IS DISTINCT FROM OLD.retired_at THEN
        RAISE EXCEPTION 'a retired register does not change back'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

-- As in 0012, but for sources that are none any more.
CREATE OR REPLACE FUNCTION searches_guard_purpose_of_sources() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM searches_gallerysource s
        JOIN searches_sourceregister r ON r.agency_id = s.agency_id AND r.id = s.register_id
        JOIN searches_search q ON q.agency_id = s.agency_id AND q.id = NEW.search_id
        WHERE s.agency_id = NEW.agency_id AND s.gallery_id = NEW.gallery_id
        AND s.removed_at IS NULL AND q.purpose <> ALL (r.purposes)
    ) THEN
        RAISE EXCEPTION 'source_purpose_not_permitted: a register does not permit this purpose'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$
"""


def image_index(fields: list[str], name: str, **more: list[str]) -> migrations.AddIndex:
    index = models.Index(
        fields=["agency_id", "gallery", *fields],
        condition=models.Q(("erased_at", None)),
        name=name,
        **more,
    )
    return migrations.AddIndex(model_name="faceimage", index=index)


class Migration(migrations.Migration):
    dependencies = [("searches", "0014_quality")]

    operations = [
        migrations.CreateModel(
            name="GalleryLeaf",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("agency_id", models.BigIntegerField(editable=False)),
                ("gallery_id", models.UUIDField()),
                ("bucket", models.CharField(max_length=3)),
                ("digest", models.CharField(max_length=64)),
                ("images", models.PositiveIntegerField()),
                ("last_enrolled_at", models.DateTimeField(null=True)),
                ("changed_at", models.DateTimeField()),
                ("seen", models.TextField(help_text="a pg_snapshot")),
                ("cluster", models.CharField(max_length=20)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("agency_id", "gallery_id", "bucket"), name="gallery_leaf_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="GalleryMark",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("agency_id", models.BigIntegerField(editable=False)),
                ("gallery_id", models.UUIDField()),
                ("bucket", models.CharField(max_length=3)),
                ("xid", models.BigIntegerField()),
                ("at", models.DateTimeField()),
            ],
            options={
                "indexes": [
                    models.Index(
                        fields=["agency_id", "gallery_id", "bucket"], name="gallery_mark_bucket"
                    )
                ],
            },
        ),
        migrations.AddField(
            model_name="gallerysource",
            name="removed_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        image_index(["id"], "image_members", include=["sha256", "enrolled_at"]),
        image_index(["enrolled_at"], "image_enrolled"),
        image_index(["expires_on"], "image_gallery_expiry"),
        image_index(["register", "collected_on"], "image_origin"),
        ProtectTenant("GalleryLeaf"),
        ProtectTenant("GalleryMark"),
        *(migrations.RunSQL(sql, migrations.RunSQL.noop) for sql in (FILL, MARK, KEEP, ENROLLED)),
        migrations.RunSQL(SOURCES, migrations.RunSQL.noop),
        *(
            migrations.RunSQL(
                append_only_sql(table).replace("UPDATE, DELETE, TRUNCATE", rights),
                migrations.RunSQL.noop,
            )
            for table, rights in NOT_FOR_THE_APP.items()
        ),
        # ALWAYS: also under whoever switches off the triggers of a session, a changed picture is
        # another version.
        *(
            migrations.RunSQL(
                f"CREATE TRIGGER searches_mark_{act.lower()} AFTER {act} ON searches_faceimage"
                f" {rows} FOR EACH STATEMENT EXECUTE FUNCTION searches_mark_leaves();"
                f"ALTER TABLE searches_faceimage ENABLE ALWAYS TRIGGER searches_mark_{act.lower()}",
                migrations.RunSQL.noop,
            )
            for act, rows in TRIGGERS.items()
        ),
    ]
