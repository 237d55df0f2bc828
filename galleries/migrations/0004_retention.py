"""Legal holds that the database keeps, and the runs that remove what has expired."""

import uuid

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

import portal.tenancy
from portal.rowsecurity import ProtectTenant, append_only_sql

# A hold is on what is there, is released once, and else does not change. Whoever places one has the
# gallery's row to themselves: see the lock in `galleries_guard_held`.
HOLD = """
CREATE FUNCTION galleries_guard_hold() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    parts text[] := ARRAY['released_at', 'released_by_id', 'released_by_label', 'release_sealed'];
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF searches_destroying(OLD.agency_id) THEN
            RETURN OLD;
        END IF;
        RAISE EXCEPTION 'a legal hold is not deleted' USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'UPDATE' THEN
        IF OLD.released_at IS NOT NULL OR NEW.released_at IS NULL
            OR to_jsonb(NEW) - parts <> to_jsonb(OLD) - parts THEN
            RAISE EXCEPTION 'hold_released: a legal hold is released once, and nothing else'
                USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF NEW.released_at IS NOT NULL OR NOT EXISTS (
        SELECT FROM searches_gallery g WHERE g.agency_id = NEW.agency_id
        AND g.id = NEW.gallery_id AND g.erased_at IS NULL
        AND (NEW.subject_id IS NULL OR EXISTS (
            SELECT FROM searches_subject s WHERE s.agency_id = g.agency_id
            AND s.gallery_id = g.id AND s.id = NEW.subject_id AND s.erased_at IS NULL))
        AND (NEW.image_id IS NULL OR EXISTS (
            SELECT FROM searches_faceimage i WHERE i.agency_id = g.agency_id
            AND i.gallery_id = g.id AND i.id = NEW.image_id AND i.erased_at IS NULL))
    ) THEN
        RAISE EXCEPTION 'hold_target_gone: there is nothing of this to hold'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER galleries_guard_hold BEFORE INSERT OR UPDATE OR DELETE ON galleries_legalhold
    FOR EACH ROW EXECUTE FUNCTION galleries_guard_hold()
"""

# What is held stays: it is not emptied, not deleted, and does not leave whatever is held. A hold on
# a part keeps the whole. The gallery's row is locked, so that a hold that is being placed at this
# moment is waited for; what is read after the lock is what was committed by then.
HELD = """
CREATE FUNCTION galleries_guard_held() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    of_gallery uuid;
    of_subject uuid;
    is_held boolean;
BEGIN
    IF TG_OP = 'DELETE' AND searches_destroying(OLD.agency_id) THEN
        RETURN OLD;
    END IF;
    of_gallery := CASE TG_TABLE_NAME WHEN 'searches_gallery' THEN OLD.id
        ELSE (to_jsonb(OLD) ->> 'gallery_id')::uuid END;
    IF TG_TABLE_NAME <> 'searches_gallery' THEN
        PERFORM FROM searches_gallery
            WHERE agency_id = OLD.agency_id AND id = of_gallery FOR SHARE;
    END IF;
    IF TG_TABLE_NAME = 'searches_faceimage' THEN
        of_subject := (to_jsonb(OLD) ->> 'subject_id')::uuid;
        is_held := EXISTS (SELECT FROM galleries_legalhold h
            WHERE h.agency_id = OLD.agency_id AND h.gallery_id = of_gallery
            AND h.released_at IS NULL
            AND (h.target = 'gallery' OR h.subject_id = of_subject OR h.image_id = OLD.id));
    ELSIF TG_TABLE_NAME = 'searches_subject' THEN
        is_held := EXISTS (SELECT FROM galleries_legalhold h
            LEFT JOIN searches_faceimage i ON i.agency_id = h.agency_id AND i.id = h.image_id
            WHERE h.agency_id = OLD.agency_id AND h.gallery_id = of_gallery
            AND h.released_at IS NULL
            AND (h.target = 'gallery' OR h.subject_id = OLD.id OR i.subject_id = OLD.id));
    ELSE
        is_held := EXISTS (SELECT FROM galleries_legalhold h
            WHERE h.agency_id = OLD.agency_id AND h.gallery_id = of_gallery
            AND h.released_at IS NULL);
    END IF;
    IF is_held THEN
        RAISE EXCEPTION 'image_under_hold: a legal hold keeps this'
            USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    RETURN NEW;
END $$
"""
EMPTIED = "OLD.erased_at IS NULL AND NEW.erased_at IS NOT NULL"
# A picture of a held subject does not become another's, and nothing held goes to another gallery.
LEAVES = {
    "searches_gallery": EMPTIED,
    "searches_subject": f"{EMPTIED} OR NEW.gallery_id <> OLD.gallery_id",
    "searches_faceimage": f"{EMPTIED} OR NEW.gallery_id <> OLD.gallery_id",
}
GUARDED = [
    statement
    for table, leaves in LEAVES.items()
    for statement in (
        f"CREATE TRIGGER {table}_held BEFORE UPDATE ON {table} FOR EACH ROW WHEN ({leaves})"
        " EXECUTE FUNCTION galleries_guard_held()",
        f"CREATE TRIGGER {table}_held_rows BEFORE DELETE ON {table}"
        " FOR EACH ROW EXECUTE FUNCTION galleries_guard_held()",
    )
]
SUBJECT_KEPT = """
CREATE FUNCTION galleries_guard_held_subject() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM searches_gallery
        WHERE agency_id = OLD.agency_id AND id = OLD.gallery_id FOR SHARE;
    IF EXISTS (SELECT FROM galleries_legalhold h WHERE h.agency_id = OLD.agency_id
        AND h.gallery_id = OLD.gallery_id AND h.released_at IS NULL
        AND h.subject_id = OLD.subject_id) THEN
        RAISE EXCEPTION 'image_under_hold: a picture of a held subject stays with it'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER searches_faceimage_held_subject BEFORE UPDATE OF subject_id ON searches_faceimage
    FOR EACH ROW WHEN (NEW.subject_id <> OLD.subject_id)
    EXECUTE FUNCTION galleries_guard_held_subject()
"""

RUN = """
CREATE FUNCTION galleries_guard_retention_run() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND searches_destroying(OLD.agency_id) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'a run of the retention does not change' USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER galleries_guard_retention_run BEFORE UPDATE OR DELETE ON galleries_retentionrun
    FOR EACH ROW EXECUTE FUNCTION galleries_guard_retention_run()
"""
RUN_KEPT = append_only_sql("galleries_retentionrun").replace(
    "UPDATE, DELETE, TRUNCATE", "UPDATE, TRUNCATE"
)


class Migration(migrations.Migration):
    dependencies = [
        ("galleries", "0003_reviews"),
        ("searches", "0018_retention"),
    ]

    operations = [
        migrations.CreateModel(
            name="RetentionRun",
            fields=[
                ("agency_id", models.BigIntegerField(editable=False)),
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("day", models.DateField(editable=False, verbose_name="day")),
                ("by_hand", models.BooleanField(default=False, editable=False)),
                ("submission_key", models.UUIDField(default=uuid.uuid4, editable=False)),
                ("started_by_id", models.BigIntegerField(editable=False, null=True)),
                (
                    "started_by_label",
                    models.CharField(editable=False, max_length=254, verbose_name="started by"),
                ),
                (
                    "at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False
                    ),
                ),
                ("images", models.PositiveIntegerField(default=0, editable=False)),
                ("probes", models.PositiveIntegerField(default=0, editable=False)),
                ("held", models.PositiveIntegerField(default=0, editable=False)),
                ("shortened", models.PositiveIntegerField(default=0, editable=False)),
                (
                    "erasures",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.UUIDField(), default=list, editable=False, size=None
                    ),
                ),
                ("document", models.JSONField(editable=False)),
                ("key_id", models.CharField(editable=False, max_length=64)),
                ("signature", models.CharField(editable=False, max_length=200)),
            ],
            options={
                "verbose_name": "run of the retention",
                "verbose_name_plural": "runs of the retention",
                "ordering": ["-at"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("by_hand", False)),
                        fields=("agency_id", "day"),
                        name="retention_once_a_day",
                    ),
                    models.UniqueConstraint(
                        fields=("agency_id", "submission_key"), name="retention_submitted_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("signature", ""), _negated=True),
                            models.Q(("started_by_label", ""), _negated=True),
                        ),
                        name="retention_signed",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="LegalHold",
            fields=[
                ("agency_id", models.BigIntegerField(editable=False)),
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "target",
                    models.CharField(
                        choices=[
                            ("gallery", "Gallery"),
                            ("subject", "Subject"),
                            ("image", "Picture"),
                        ],
                        max_length=10,
                        verbose_name="what",
                    ),
                ),
                ("submission_key", models.UUIDField(default=uuid.uuid4, editable=False)),
                ("reason_sealed", models.BinaryField(default=b"")),
                ("placed_by_id", models.BigIntegerField(editable=False, null=True)),
                (
                    "placed_by_label",
                    models.CharField(editable=False, max_length=254, verbose_name="placed by"),
                ),
                ("placed_at", models.DateTimeField(auto_now_add=True)),
                ("released_at", models.DateTimeField(editable=False, null=True)),
                ("released_by_id", models.BigIntegerField(editable=False, null=True)),
                ("released_by_label", models.CharField(blank=True, editable=False, max_length=254)),
                ("release_sealed", models.BinaryField(default=b"")),
                (
                    "gallery",
                    portal.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="searches.gallery",
                    ),
                ),
                (
                    "image",
                    portal.tenancy.TenantForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="searches.faceimage",
                    ),
                ),
                (
                    "subject",
                    portal.tenancy.TenantForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="searches.subject",
                    ),
                ),
            ],
            options={
                "verbose_name": "legal hold",
                "verbose_name_plural": "legal holds",
                "ordering": ["-placed_at"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("released_at", None)),
                        fields=["agency_id", "gallery"],
                        name="hold_standing",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("agency_id", "submission_key"), name="hold_submitted_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("image", None), ("subject", None), ("target", "gallery")),
                            models.Q(
                                ("image", None), ("subject__isnull", False), ("target", "subject")
                            ),
                            models.Q(
                                ("image__isnull", False), ("subject", None), ("target", "image")
                            ),
                            _connector="OR",
                        ),
                        name="hold_target",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("reason_sealed", b""), _negated=True),
                            models.Q(("placed_by_label", ""), _negated=True),
                        ),
                        name="hold_for_a_reason",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("release_sealed", b""),
                                ("released_at", None),
                                ("released_by_label", ""),
                            ),
                            models.Q(
                                ("released_at__isnull", False),
                                models.Q(("release_sealed", b""), _negated=True),
                                models.Q(("released_by_label", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="hold_released_for_a_reason",
                    ),
                ],
            },
        ),
        ProtectTenant("LegalHold"),
        ProtectTenant("RetentionRun"),
        *(
            migrations.RunSQL(sql, migrations.RunSQL.noop)
            for sql in (HOLD, HELD, *GUARDED, SUBJECT_KEPT, RUN, RUN_KEPT)
        ),
    ]
