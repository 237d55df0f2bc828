"""Proficiency exercises whose answers are written once, their rules, and practice pictures."""

import uuid

import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

import portal.tenancy
from portal.rowsecurity import ProtectTenant

# An exercise ends once, with every pair answered, and as its answers say; the same as
# training/scoring.py. Pairs come with their exercise, answers in the order of the pairs.
GUARDS = """
CREATE FUNCTION training_guard_exercise() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    answered int;
    right_ones int;
    false_positives int;
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF searches_destroying(OLD.agency_id) THEN
            RETURN OLD;
        END IF;
        RAISE EXCEPTION 'exercise_fixed: an exercise is not deleted' USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.ended_at IS NOT NULL THEN
            RAISE EXCEPTION 'exercise_begins: an exercise begins open' USING ERRCODE = 'check_violation';
        END IF;
        NEW.started_at := now();
        RETURN NEW;
    END IF;
    IF OLD.ended_at IS NOT NULL OR NEW.ended_at IS NULL
        OR (NEW.id, NEW.agency_id, NEW.person_id, NEW.person_label, NEW.pairs_asked, NEW.pass_percent,
            NEW.false_positives_allowed, NEW.counted, NEW.started_at)
        IS DISTINCT FROM (OLD.id, OLD.agency_id, OLD.person_id, OLD.person_label, OLD.pairs_asked,
            OLD.pass_percent, OLD.false_positives_allowed, OLD.counted, OLD.started_at) THEN
        RAISE EXCEPTION 'exercise_fixed: an exercise ends once and does not change'
            USING ERRCODE = 'check_violation';
    END IF;
    SELECT count(*),
        count(*) FILTER (WHERE a.disposition
            = CASE WHEN p.left_person = p.right_person THEN 'retained' ELSE 'excluded' END),
        count(*) FILTER (WHERE a.disposition = 'retained' AND p.left_person <> p.right_person)
    INTO answered, right_ones, false_positives
    FROM training_exercisepair p
    JOIN training_exerciseanswer a ON a.agency_id = p.agency_id AND a.pair_id = p.id
    WHERE p.agency_id = NEW.agency_id AND p.exercise_id = NEW.id;
    IF answered <> NEW.pairs_asked THEN
        RAISE EXCEPTION 'exercise_unanswered: % of % pairs', answered, NEW.pairs_asked
            USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.passed IS DISTINCT FROM (right_ones * 100 >= NEW.pass_percent * NEW.pairs_asked
        AND false_positives <= NEW.false_positives_allowed) THEN
        RAISE EXCEPTION 'exercise_result: the answers come to something else'
            USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.certificate_id IS NOT NULL AND NOT EXISTS (SELECT FROM accounts_trainingcertificate c
        WHERE c.agency_id = NEW.agency_id AND c.id = NEW.certificate_id
        AND c.user_id = NEW.person_id AND c.activity = 'examine') THEN
        RAISE EXCEPTION 'exercise_certificate: of somebody else' USING ERRCODE = 'check_violation';
    END IF;
    NEW.ended_at := now();
    RETURN NEW;
END $$;
CREATE TRIGGER training_guard_exercise BEFORE INSERT OR UPDATE OR DELETE ON training_exercise
    FOR EACH ROW EXECUTE FUNCTION training_guard_exercise();

CREATE FUNCTION training_guard_pair() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND searches_destroying(OLD.agency_id) THEN
        RETURN OLD;
    END IF;
    IF TG_OP = 'INSERT' AND EXISTS (SELECT FROM training_exercise e
        WHERE e.agency_id = NEW.agency_id AND e.id = NEW.exercise_id AND e.ended_at IS NULL
        AND e.started_at = now() AND NEW.position BETWEEN 1 AND e.pairs_asked) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'exercise_fixed: pairs come with their exercise' USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER training_guard_pair BEFORE INSERT OR UPDATE OR DELETE ON training_exercisepair
    FOR EACH ROW EXECUTE FUNCTION training_guard_pair();

CREATE FUNCTION training_guard_answer() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    answered_pair training_exercisepair;
BEGIN
    IF TG_OP = 'DELETE' AND searches_destroying(OLD.agency_id) THEN
        RETURN OLD;
    END IF;
    IF TG_OP <> 'INSERT' THEN
        RAISE EXCEPTION 'exercise_fixed: an answer does not change' USING ERRCODE = 'check_violation';
    END IF;
    SELECT * INTO answered_pair FROM training_exercisepair
        WHERE agency_id = NEW.agency_id AND id = NEW.pair_id;
    IF NOT EXISTS (SELECT FROM training_exercise e WHERE e.agency_id = NEW.agency_id
        AND e.id = answered_pair.exercise_id AND e.ended_at IS NULL) THEN
        RAISE EXCEPTION 'exercise_not_open: no such open exercise' USING ERRCODE = 'check_violation';
    END IF;
    IF EXISTS (SELECT FROM training_exercisepair p WHERE p.agency_id = NEW.agency_id
        AND p.exercise_id = answered_pair.exercise_id AND p.position < answered_pair.position
        AND NOT EXISTS (SELECT FROM training_exerciseanswer a
            WHERE a.agency_id = p.agency_id AND a.pair_id = p.id)) THEN
        RAISE EXCEPTION 'exercise_order: an earlier pair waits for its answer'
            USING ERRCODE = 'check_violation';
    END IF;
    NEW.answered_at := now();
    RETURN NEW;
END $$;
CREATE TRIGGER training_guard_answer BEFORE INSERT OR UPDATE OR DELETE ON training_exerciseanswer
    FOR EACH ROW EXECUTE FUNCTION training_guard_answer();

-- In a training place all people are made up: no other picture comes in, by whatever way.
CREATE FUNCTION training_guard_picture() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM accounts_agency a WHERE a.id = NEW.agency_id AND a.is_sandbox)
        AND NOT EXISTS (SELECT FROM training_practicepicture p
            WHERE p.agency_id = NEW.agency_id AND p.sha256 = NEW.sha256) THEN
        RAISE EXCEPTION 'sandbox_picture: not one of its own' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER training_guard_picture BEFORE INSERT ON searches_probe
    FOR EACH ROW EXECUTE FUNCTION training_guard_picture();
CREATE TRIGGER training_guard_picture BEFORE INSERT ON searches_enrolment
    FOR EACH ROW EXECUTE FUNCTION training_guard_picture();
CREATE TRIGGER training_guard_picture BEFORE INSERT ON searches_faceimage
    FOR EACH ROW EXECUTE FUNCTION training_guard_picture()
"""


class Migration(migrations.Migration):
    initial = True
    dependencies = [
        ("accounts", "0031_sandboxes"),
        ("searches", "0019_drafts"),
    ]

    operations = [
        migrations.CreateModel(
            name="Exercise",
            fields=[
                ("agency_id", models.BigIntegerField(editable=False)),
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("person_id", models.BigIntegerField(editable=False)),
                (
                    "person_label",
                    models.CharField(editable=False, max_length=254, verbose_name="person"),
                ),
                ("pairs_asked", models.PositiveSmallIntegerField()),
                ("pass_percent", models.PositiveSmallIntegerField()),
                ("false_positives_allowed", models.PositiveSmallIntegerField()),
                (
                    "counted",
                    models.BooleanField(help_text="whether a pass was to count as a certificate"),
                ),
                (
                    "started_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False
                    ),
                ),
                ("ended_at", models.DateTimeField(editable=False, null=True)),
                ("passed", models.BooleanField(editable=False, null=True)),
                (
                    "certificate",
                    portal.tenancy.TenantForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.trainingcertificate",
                    ),
                ),
            ],
            options={
                "verbose_name": "proficiency exercise",
                "verbose_name_plural": "proficiency exercises",
                "ordering": ["-started_at"],
            },
        ),
        migrations.CreateModel(
            name="ExercisePair",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("agency_id", models.BigIntegerField(editable=False)),
                ("position", models.PositiveSmallIntegerField()),
                ("left_person", models.BigIntegerField()),
                ("left_scene", models.BigIntegerField()),
                ("right_person", models.BigIntegerField()),
                ("right_scene", models.BigIntegerField()),
                (
                    "exercise",
                    portal.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="pairs",
                        to="training.exercise",
                    ),
                ),
            ],
            options={
                "ordering": ["position"],
            },
        ),
        migrations.CreateModel(
            name="ExerciseAnswer",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("agency_id", models.BigIntegerField(editable=False)),
                (
                    "disposition",
                    models.CharField(
                        choices=[
                            ("retained", "May be the same person"),
                            ("excluded", "Different person"),
                            ("inconclusive", "Cannot be decided"),
                        ],
                        max_length=12,
                    ),
                ),
                (
                    "answered_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False
                    ),
                ),
                (
                    "pair",
                    portal.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="answers",
                        to="training.exercisepair",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="PracticePicture",
            fields=[
                ("agency_id", models.BigIntegerField(editable=False)),
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("number", models.PositiveSmallIntegerField(null=True)),
                (
                    "reference",
                    models.CharField(help_text="of the subject in the gallery", max_length=120),
                ),
                ("sha256", models.CharField(max_length=64)),
                ("file_key", models.CharField(blank=True, max_length=80)),
            ],
            options={
                "verbose_name": "practice picture",
                "verbose_name_plural": "practice pictures",
                "ordering": ["number"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("agency_id", "number"), name="practice_picture_number"
                    ),
                    models.UniqueConstraint(
                        fields=("agency_id", "sha256"), name="practice_picture_once"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ProficiencyRules",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("agency_id", models.BigIntegerField(editable=False)),
                (
                    "pairs",
                    models.PositiveSmallIntegerField(
                        default=24,
                        help_text="10 to 60. About half of them show one person twice.",
                        validators=[
                            django.core.validators.MinValueValidator(10),
                            django.core.validators.MaxValueValidator(60),
                        ],
                        verbose_name="pairs of an exercise",
                    ),
                ),
                (
                    "pass_percent",
                    models.PositiveSmallIntegerField(
                        default=80,
                        help_text="50 to 100. “Cannot be decided” is no right answer.",
                        validators=[
                            django.core.validators.MinValueValidator(50),
                            django.core.validators.MaxValueValidator(100),
                        ],
                        verbose_name="right answers to pass, in percent",
                    ),
                ),
                (
                    "false_positives_allowed",
                    models.PositiveSmallIntegerField(
                        default=1,
                        help_text="0 to 10. Different people who were kept: in a case, that harms somebody. With more of them nobody passes.",
                        validators=[
                            django.core.validators.MinValueValidator(0),
                            django.core.validators.MaxValueValidator(10),
                        ],
                        verbose_name="false positives allowed",
                    ),
                ),
                (
                    "attempts",
                    models.PositiveSmallIntegerField(
                        default=3,
                        help_text="1 to 20 for each person, so that nobody passes by trying often.",
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(20),
                        ],
                        verbose_name="exercises within 30 days",
                    ),
                ),
                (
                    "counts",
                    models.BooleanField(
                        default=False,
                        help_text="The faces are drawn: the exercise does not show how well somebody compares photographs. Decide whether it is enough for your agency.",
                        verbose_name="a pass counts as a certificate for examining",
                    ),
                ),
                (
                    "certificate_days",
                    models.PositiveSmallIntegerField(
                        default=90,
                        help_text="1 to 1095, from the day of the pass on.",
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(1095),
                        ],
                        verbose_name="days for which the certificate is valid",
                    ),
                ),
                ("changed_by_label", models.CharField(editable=False, max_length=254)),
                ("changed_at", models.DateTimeField(auto_now=True)),
            ],
            options={
                "verbose_name": "rules of proficiency exercises",
                "verbose_name_plural": "rules of proficiency exercises",
                "constraints": [
                    models.UniqueConstraint(fields=("agency_id",), name="proficiency_rules_once"),
                    models.CheckConstraint(
                        condition=models.Q(("pairs__range", (10, 60))), name="proficiency_pairs"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("pass_percent__range", (50, 100))),
                        name="proficiency_pass_percent",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("false_positives_allowed__range", (0, 10))),
                        name="proficiency_false_positives_allowed",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("attempts__range", (1, 20))),
                        name="proficiency_attempts",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("certificate_days__range", (1, 1095))),
                        name="proficiency_certificate_days",
                    ),
                ],
            },
        ),
        migrations.AddIndex(
            model_name="exercise",
            index=models.Index(
                fields=["agency_id", "person_id", "-started_at"], name="exercise_of_person"
            ),
        ),
        migrations.AddIndex(
            model_name="exercise",
            index=models.Index(fields=["agency_id", "-started_at"], name="exercise_by_time"),
        ),
        migrations.AddConstraint(
            model_name="exercise",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_at", None)),
                fields=("agency_id", "person_id"),
                name="exercise_one_open",
            ),
        ),
        migrations.AddConstraint(
            model_name="exercise",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("certificate", None), ("ended_at", None), ("passed", None)),
                    models.Q(("ended_at__isnull", False), ("passed__isnull", False)),
                    _connector="OR",
                ),
                name="exercise_ended_with_result",
            ),
        ),
        migrations.AddConstraint(
            model_name="exercise",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("certificate", None),
                    models.Q(("counted", True), ("passed", True)),
                    _connector="OR",
                ),
                name="exercise_certificate_for_a_pass",
            ),
        ),
        migrations.AddConstraint(
            model_name="exercisepair",
            constraint=models.UniqueConstraint(
                fields=("agency_id", "exercise", "position"), name="exercise_pair_position"
            ),
        ),
        migrations.AddConstraint(
            model_name="exerciseanswer",
            constraint=models.UniqueConstraint(
                fields=("agency_id", "pair"), name="exercise_answer_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="exerciseanswer",
            constraint=models.CheckConstraint(
                condition=models.Q(("disposition__in", ["retained", "excluded", "inconclusive"])),
                name="exercise_answer_disposition",
            ),
        ),
        ProtectTenant("Exercise"),
        ProtectTenant("ExercisePair"),
        ProtectTenant("ExerciseAnswer"),
        ProtectTenant("PracticePicture"),
        ProtectTenant("ProficiencyRules"),
        migrations.RunSQL(GUARDS, migrations.RunSQL.noop),
    ]
