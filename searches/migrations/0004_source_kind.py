"""The kind of register a gallery's pictures come from: of a closed list, licensed, never changed."""

from django.db import migrations, models

SOURCE_KINDS = [
    ("arrest_photographs", "Arrest photographs"),
    ("missing_person_reports", "Missing-person reports"),
    ("identity_documents", "Identity documents"),
    ("unidentified_deceased", "Unidentified deceased"),
    ("other_lawful_register", "Another lawful register"),
]

UNCHANGED = """
CREATE FUNCTION searches_guard_source_kind() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.source_kind <> OLD.source_kind THEN
        RAISE EXCEPTION 'the source kind of a gallery does not change'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER searches_guard_source_kind BEFORE UPDATE OF source_kind ON searches_gallery
    FOR EACH ROW EXECUTE FUNCTION searches_guard_source_kind()
"""

# Which of several licenses counts, suspensions and signatures are for the services. This holds the
# line under them: some signed license, by its version in effect today, has to grant the kind. What
# an enrolment began is finished, also when the license has ended meanwhile.
LICENSED = """
CREATE FUNCTION searches_source_kind_licensed(p_agency bigint, p_gallery uuid)
RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT FROM (
            SELECT DISTINCT ON (v.license_id) v.source_kinds, v.ends_on + v.grace_days AS last_day,
                (now() AT TIME ZONE a.time_zone)::date AS today
            FROM accounts_licenseversion v JOIN accounts_agency a ON a.id = v.agency_id
            WHERE v.agency_id = p_agency AND v.signature <> ''
                AND v.effective_on <= (now() AT TIME ZONE a.time_zone)::date
            ORDER BY v.license_id, v.effective_on DESC
        ) AS held, searches_gallery g
        WHERE g.agency_id = p_agency AND g.id = p_gallery
            AND held.today <= held.last_day AND g.source_kind = ANY (held.source_kinds)
    )
$$;
CREATE FUNCTION searches_guard_licensed_kind() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    gallery uuid := NEW.gallery_id;
BEGIN
    IF searches_source_kind_licensed(NEW.agency_id, gallery) THEN
        RETURN NEW;
    END IF;
    IF TG_TABLE_NAME = 'searches_faceimage' THEN
        IF EXISTS (
            SELECT FROM searches_enrolment e WHERE e.agency_id = NEW.agency_id
                AND e.gallery_id = gallery AND e.state = 'running' AND e.sha256 = NEW.sha256
        ) THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'source_kind_not_licensed: no license grants the source kind of the gallery'
        USING ERRCODE = 'check_violation';
END $$
"""

GUARDED = ("searches_enrolment", "searches_faceimage", "searches_searchedgallery")


class Migration(migrations.Migration):
    dependencies = [("searches", "0003_purpose"), ("accounts", "0021_quota")]

    operations = [
        # Nobody can say for sure what the galleries from before hold.
        migrations.AddField(
            "gallery",
            "source_kind",
            models.CharField(
                choices=SOURCE_KINDS,
                default="other_lawful_register",
                help_text="A license grants some kinds of register. The kind never changes.",
                max_length=30,
                verbose_name="kind of source",
            ),
            preserve_default=False,
        ),
        migrations.AddConstraint(
            "gallery",
            models.CheckConstraint(
                condition=models.Q(source_kind__in=[value for value, _ in SOURCE_KINDS]),
                name="gallery_source_kind",
            ),
        ),
        migrations.RunSQL(
            UNCHANGED,
            "DROP TRIGGER searches_guard_source_kind ON searches_gallery;"
            " DROP FUNCTION searches_guard_source_kind()",
        ),
        migrations.RunSQL(
            LICENSED,
            "DROP FUNCTION searches_guard_licensed_kind();"
            " DROP FUNCTION searches_source_kind_licensed(bigint, uuid)",
        ),
        *(
            migrations.RunSQL(
                f"CREATE TRIGGER {table}_licensed_kind AFTER INSERT ON {table}"
                " FOR EACH ROW EXECUTE FUNCTION searches_guard_licensed_kind()",
                f"DROP TRIGGER {table}_licensed_kind ON {table}",
            )
            for table in GUARDED
        ),
    ]
