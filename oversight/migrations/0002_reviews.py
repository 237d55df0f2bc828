"""The weekly review, and the words that the record is searched by."""

import uuid

from django.db import migrations, models

from portal.rowsecurity import ProtectTenant, policy_sql

# By the SHA-256 of the words, so that they are numbers, and short ones. Every word of the address,
# of the ids and of the texts in `data`; numbers and booleans say nothing by themselves.
WORDS = r"""
CREATE FUNCTION oversight_words_of(
    p_source text, p_subject text, p_case text, p_data jsonb
) RETURNS SETOF bigint LANGUAGE sql STABLE AS $$
    SELECT DISTINCT ('x' || encode(substring(sha256(convert_to(w.word, 'UTF8')) FROM 1 FOR 8), 'hex'))
        ::bit(64)::bigint
    FROM (
        SELECT unnest(ARRAY[p_source, p_subject, p_case]) AS text
        UNION ALL
        SELECT leaf #>> '{}' FROM jsonb_path_query(p_data, 'strict $.** ? (@.type() == "string")') leaf
    ) AS t, regexp_split_to_table(lower(t.text), '[\s,]+') AS w (word)
    WHERE w.word <> ''
$$;
CREATE FUNCTION oversight_note_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO oversight_recordword (agency_id, word, entry_id)
    SELECT NEW.agency_id, word, NEW.id
    FROM oversight_words_of(NEW.source, NEW.subject_id, NEW.case_id, NEW.data) AS word;
    RETURN NULL;
END $$;
CREATE TRIGGER oversight_note_words AFTER INSERT ON audit_auditentry
    FOR EACH ROW WHEN (NEW.agency_id IS NOT NULL) EXECUTE FUNCTION oversight_note_words();
"""
# What was recorded before. The owner role is under row-level security itself, but for this.
EARLIER = """
ALTER TABLE audit_auditentry NO FORCE ROW LEVEL SECURITY;
INSERT INTO oversight_recordword (agency_id, word, entry_id)
SELECT e.agency_id, word, e.id FROM audit_auditentry e,
    oversight_words_of(e.source, e.subject_id, e.case_id, e.data) AS word
WHERE e.agency_id IS NOT NULL;
ALTER TABLE audit_auditentry FORCE ROW LEVEL SECURITY;
"""
# Signed is signed; a week is signed when it is over where the agency is; the head is of its chain.
REVIEW = """
CREATE FUNCTION oversight_guard_review() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM accounts_agency a WHERE a.id = NEW.agency_id
        AND NEW.week + 7 <= (clock_timestamp() AT TIME ZONE a.time_zone)::date
    ) THEN
        RAISE EXCEPTION 'review_not_over: a week is reviewed when it is over'
            USING ERRCODE = 'check_violation';
    END IF;
    IF NOT EXISTS (
        SELECT FROM audit_checkpoint c WHERE c.agency_id = NEW.agency_id
        AND c.number = NEW.checkpoint_number AND c.head = NEW.checkpoint_head
    ) THEN
        RAISE EXCEPTION 'review_without_head: a review binds a checkpoint of its own chain'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER oversight_guard_review BEFORE INSERT ON oversight_recordreview
    FOR EACH ROW EXECUTE FUNCTION oversight_guard_review();
CREATE TRIGGER oversight_keep_review BEFORE UPDATE OR DELETE ON oversight_recordreview
    FOR EACH ROW EXECUTE FUNCTION searches_keep();
CREATE TRIGGER oversight_keep_reminder BEFORE UPDATE OR DELETE ON oversight_reviewreminder
    FOR EACH ROW EXECUTE FUNCTION searches_keep();
"""
UNGUARDED = """
DROP TRIGGER oversight_note_words ON audit_auditentry;
DROP FUNCTION oversight_note_words();
DROP FUNCTION oversight_words_of(text, text, text, jsonb);
DROP TRIGGER oversight_guard_review ON oversight_recordreview;
DROP FUNCTION oversight_guard_review();
"""


class Migration(migrations.Migration):
    dependencies = [("oversight", "0001_publishing"), ("searches", "0010_work_indexes")]

    operations = [
        migrations.CreateModel(
            name="RecordWord",
            fields=[
                ("agency_id", models.BigIntegerField(editable=False)),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "agency_id",
                        "word",
                        "entry_id",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("word", models.BigIntegerField(editable=False)),
                ("entry_id", models.BigIntegerField(editable=False)),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="RecordReview",
            fields=[
                ("agency_id", models.BigIntegerField(editable=False)),
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("week", models.DateField(editable=False)),
                ("signed_by_id", models.BigIntegerField(editable=False, null=True)),
                ("signed_by_label", models.CharField(editable=False, max_length=254)),
                ("signed_at", models.DateTimeField(auto_now_add=True)),
                (
                    "finding",
                    models.CharField(
                        choices=[
                            ("nothing", "Nothing stays open"),
                            ("acted", "Something stood out, and the note says what I did about it"),
                        ],
                        editable=False,
                        max_length=8,
                    ),
                ),
                ("note_sealed", models.BinaryField(default=b"")),
                ("counts", models.JSONField(default=dict, editable=False)),
                ("checkpoint_number", models.BigIntegerField(editable=False)),
                ("checkpoint_head", models.CharField(editable=False, max_length=64)),
            ],
            options={
                "verbose_name": "review of a week",
                "verbose_name_plural": "reviews of weeks",
                "ordering": ["-week"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("agency_id", "week"), name="review_once_a_week"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("week__iso_week_day", 1)),
                        name="review_week_begins_on_monday",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("finding", "nothing"),
                            models.Q(
                                ("finding", "acted"), models.Q(("note_sealed", b""), _negated=True)
                            ),
                            _connector="OR",
                        ),
                        name="review_says_what_was_done",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ReviewReminder",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("agency_id", models.BigIntegerField(editable=False)),
                ("week", models.DateField(editable=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[("due", "Due"), ("overdue", "Overdue")],
                        editable=False,
                        max_length=8,
                    ),
                ),
                ("sent_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("agency_id", "week", "kind"), name="review_reminder_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["due", "overdue"])),
                        name="review_reminder_kind",
                    ),
                ],
            },
        ),
        ProtectTenant("RecordReview"),
        ProtectTenant("ReviewReminder"),
        migrations.RunSQL(policy_sql("oversight_recordword"), migrations.RunSQL.noop),
        migrations.RunSQL([WORDS, EARLIER, REVIEW], UNGUARDED),
    ]
