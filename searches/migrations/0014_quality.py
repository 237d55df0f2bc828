"""Measures of quality, the picture that represents a subject, subjects that are merged.

A picture may move to another subject of its gallery, and nothing else of it changes; what was
found by searches before stays as it was found.
"""

import django.db.models.deletion
from django.db import migrations, models

import searches.models.gallery

# As in 0012, and of what is added later as well. What is emptied keeps no measures.
KEEP_IMAGE = """
CREATE OR REPLACE FUNCTION searches_keep_image() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    unmoved searches_faceimage := NEW;
BEGIN
    IF OLD.erased_at IS NULL AND NEW.erased_at IS NOT NULL
        AND (NEW.id, NEW.agency_id, NEW.gallery_id, NEW.subject_id)
        IS NOT DISTINCT FROM (OLD.id, OLD.agency_id, OLD.gallery_id, OLD.subject_id) THEN
        NEW.measures := '{}';
        NEW.rank := 0;
        RETURN NEW;
    END IF;
    unmoved.subject_id := OLD.subject_id;
    unmoved.expires_on := OLD.expires_on;
    IF unmoved IS NOT DISTINCT FROM OLD THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'an enrolled picture does not change' USING ERRCODE = 'check_violation';
END $$
"""

# Locks the subject before anything else does (0013 asks for less, and two that share a lock cannot
# both write). Triggers fire in the order of their names.
BEST = """
CREATE FUNCTION searches_before_image() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    other uuid;
BEGIN
    SELECT merged_into INTO other FROM searches_subject
        WHERE agency_id = NEW.agency_id AND id = NEW.subject_id FOR NO KEY UPDATE;
    IF other IS NOT NULL THEN
        RAISE EXCEPTION 'subject_merged: the subject is another one now'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER searches_before_image BEFORE INSERT OR UPDATE OF subject_id ON searches_faceimage
    FOR EACH ROW EXECUTE FUNCTION searches_before_image();

-- The picture of the highest rank, the earliest of equals; a pinned one as long as it is there.
CREATE FUNCTION searches_choose_best(p_agency bigint, p_subject uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    s searches_subject;
    best uuid;
BEGIN
    SELECT * INTO s FROM searches_subject
        WHERE agency_id = p_agency AND id = p_subject AND erased_at IS NULL;
    IF s.best_is_pinned AND EXISTS (SELECT FROM searches_faceimage i WHERE i.agency_id = p_agency
            AND i.id = s.best_image_id AND i.subject_id = p_subject AND i.erased_at IS NULL) THEN
        RETURN;
    END IF;
    SELECT i.id INTO best FROM searches_faceimage i WHERE i.agency_id = p_agency
        AND i.subject_id = p_subject AND i.erased_at IS NULL
        ORDER BY i.rank DESC, i.enrolled_at, i.id LIMIT 1;
    UPDATE searches_subject SET best_image_id = best, best_is_pinned = false
        WHERE agency_id = p_agency AND id = p_subject AND erased_at IS NULL
        AND (best_image_id, best_is_pinned) IS DISTINCT FROM (best, false);
END $$;
CREATE FUNCTION searches_after_image() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM searches_choose_best(NEW.agency_id, NEW.subject_id);
    IF TG_OP = 'UPDATE' AND OLD.subject_id <> NEW.subject_id THEN
        PERFORM searches_choose_best(OLD.agency_id, OLD.subject_id);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER searches_after_image AFTER INSERT OR UPDATE OF subject_id, erased_at
    ON searches_faceimage FOR EACH ROW EXECUTE FUNCTION searches_after_image()
"""

SUBJECT = """
CREATE FUNCTION searches_guard_subject() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.erased_at IS NOT NULL THEN
        NEW.best_image_id := NULL;
        NEW.best_is_pinned := false;
        RETURN NEW;
    END IF;
    IF NEW.best_image_id IS DISTINCT FROM OLD.best_image_id AND NEW.best_image_id IS NOT NULL
        AND NOT EXISTS (SELECT FROM searches_faceimage i WHERE i.agency_id = NEW.agency_id
            AND i.id = NEW.best_image_id AND i.subject_id = NEW.id AND i.erased_at IS NULL) THEN
        RAISE EXCEPTION 'a subject is represented by a picture of its own'
            USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.merged_into IS NOT DISTINCT FROM OLD.merged_into THEN
        RETURN NEW;
    END IF;
    PERFORM FROM searches_subject s WHERE s.agency_id = NEW.agency_id AND s.id = NEW.merged_into
        AND s.gallery_id = NEW.gallery_id AND s.id <> NEW.id
        AND s.merged_into IS NULL AND s.erased_at IS NULL FOR NO KEY UPDATE;
    IF NOT FOUND OR EXISTS (SELECT FROM searches_faceimage i WHERE i.agency_id = NEW.agency_id
            AND i.subject_id = NEW.id AND i.erased_at IS NULL)
        OR EXISTS (SELECT FROM searches_subject s WHERE s.agency_id = NEW.agency_id
            AND s.merged_into = NEW.id) THEN
        RAISE EXCEPTION 'a subject without pictures is merged into one of its gallery, for good'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER searches_guard_subject BEFORE UPDATE ON searches_subject
    FOR EACH ROW EXECUTE FUNCTION searches_guard_subject();

-- A reference that leads to an erased person is theirs, too.
CREATE FUNCTION searches_erase_merged() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE searches_subject SET erased_at = NEW.erased_at, reference = ''
        WHERE agency_id = NEW.agency_id AND merged_into = NEW.id AND erased_at IS NULL;
    RETURN NULL;
END $$;
CREATE TRIGGER searches_erase_merged AFTER UPDATE OF erased_at ON searches_subject
    FOR EACH ROW WHEN (OLD.erased_at IS NULL AND NEW.erased_at IS NOT NULL)
    EXECUTE FUNCTION searches_erase_merged();
CREATE INDEX searches_subject_merged ON searches_subject (agency_id, merged_into)
    WHERE merged_into IS NOT NULL
"""

# A candidate names the subject that its picture had when it was found; later it may have another.
WHEN_FOUND = [
    "ALTER TABLE searches_faceimage ADD CONSTRAINT searches_faceimage_gallery"
    " UNIQUE (agency_id, id, gallery_id)",
    *(
        statement
        for table in ("searches_candidate", "searches_examinationitem")
        for statement in (
            f"ALTER TABLE {table} DROP CONSTRAINT {table}_image_place",
            f"ALTER TABLE {table} ADD CONSTRAINT {table}_image_place"
            " FOREIGN KEY (agency_id, image_id, gallery_id)"
            " REFERENCES searches_faceimage (agency_id, id, gallery_id)"
            " DEFERRABLE INITIALLY DEFERRED",
            f"ALTER TABLE {table} ADD CONSTRAINT {table}_subject_place"
            " FOREIGN KEY (agency_id, subject_id, gallery_id)"
            " REFERENCES searches_subject (agency_id, id, gallery_id)"
            " DEFERRABLE INITIALLY DEFERRED",
        )
    ),
    """
    CREATE FUNCTION searches_guard_found_place() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NEW.image_id IS NULL THEN
            RETURN NEW;  -- of another agency's gallery (0017)
        END IF;
        PERFORM FROM searches_faceimage i WHERE i.agency_id = NEW.agency_id
            AND i.id = NEW.image_id AND i.subject_id = NEW.subject_id FOR KEY SHARE;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'image_place: the picture is of another subject' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END $$
    """,
    "CREATE TRIGGER searches_guard_found_place BEFORE INSERT ON searches_candidate"
    " FOR EACH ROW EXECUTE FUNCTION searches_guard_found_place()",
    # An item of a candidate is held to the candidate itself (0008).
    "CREATE TRIGGER searches_guard_found_place BEFORE INSERT ON searches_examinationitem"
    " FOR EACH ROW WHEN (NEW.candidate_id IS NULL) EXECUTE FUNCTION searches_guard_found_place()",
]

FILL = """
DO $$ DECLARE agency bigint; BEGIN
    PERFORM set_config('candor.platform', 'on', true);
    FOR agency IN SELECT id FROM accounts_agency LOOP
        PERFORM set_config('candor.agency_id', agency::text, true);
        UPDATE searches_subject s SET best_image_id = (
            SELECT i.id FROM searches_faceimage i WHERE i.agency_id = agency AND i.subject_id = s.id
            AND i.erased_at IS NULL ORDER BY i.rank DESC, i.enrolled_at, i.id LIMIT 1
        ) WHERE s.agency_id = agency AND s.erased_at IS NULL;
    END LOOP;
    PERFORM set_config('candor.platform', '', true);
    PERFORM set_config('candor.agency_id', '', true);
END $$
"""


class Migration(migrations.Migration):
    dependencies = [
        ("searches", "0013_erased_files"),
    ]

    operations = [
        migrations.AddField(
            model_name="enrolment",
            name="is_cleared",
            field=models.BooleanField(default=False),
        ),
        migrations.AddConstraint(
            model_name="enrolment",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "held")),
                fields=("agency_id", "gallery", "sha256"),
                name="enrolment_held_once",
            ),
        ),
        migrations.AddField(
            model_name="enrolment",
            name="portrait_key",
            field=models.CharField(blank=True, max_length=80),
        ),
        migrations.AddField(
            model_name="faceimage",
            name="duplicates_checked",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="faceimage",
            name="measures",
            field=models.JSONField(default=dict, help_text="engines.measures; empty: not measured"),
        ),
        migrations.AddField(
            model_name="faceimage",
            name="rank",
            field=models.FloatField(default=0.0, help_text="engines.best_shot, 0..100"),
        ),
        migrations.AddField(
            model_name="gallery",
            name="duplicate_check",
            field=models.CharField(
                choices=[
                    ("published", "The threshold that the engine's makers publish"),
                    ("own", "A similarity of our own"),
                    ("off", "No check"),
                ],
                default=searches.models.gallery.initial_duplicate_check,
                max_length=10,
                verbose_name="duplicate check",
            ),
        ),
        migrations.AddField(
            model_name="gallery",
            name="duplicate_contract",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="searches.contract",
            ),
        ),
        migrations.AddField(
            model_name="gallery",
            name="duplicate_similarity",
            field=models.FloatField(blank=True, null=True, verbose_name="similarity"),
        ),
        migrations.AddField(
            model_name="gallery",
            name="quality_limits",
            field=models.JSONField(default=dict, editable=False),
        ),
        migrations.AddField(
            model_name="subject",
            name="best_image_id",
            field=models.UUIDField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="subject",
            name="best_is_pinned",
            field=models.BooleanField(default=False, editable=False),
        ),
        migrations.AddField(
            model_name="subject",
            name="merged_into",
            field=models.UUIDField(editable=False, null=True),
        ),
        migrations.AddConstraint(
            model_name="gallery",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("duplicate_check__in", ["published", "off"]),
                    models.Q(
                        ("duplicate_check", "own"),
                        ("duplicate_similarity__gt", -1.0),
                        ("duplicate_similarity__lte", 1.0),
                    ),
                    _connector="OR",
                ),
                name="gallery_duplicate_check",
            ),
        ),
        *(
            migrations.RunSQL(sql, migrations.RunSQL.noop)
            for sql in (FILL, KEEP_IMAGE, BEST, SUBJECT, *WHEN_FOUND)
        ),
    ]
