"""The purpose of a search: of a closed list, given when it is submitted, never changed."""

from django.db import migrations, models

PURPOSES = [
    ("missing_person", "Missing person"),
    ("unidentified_person", "Unidentified deceased or incapacitated person"),
    ("victim_identification", "Victim identification (child exploitation, trafficking)"),
    ("serious_violent_offence", "Suspect of a serious violent offence"),
    ("identity_fraud", "Identity fraud"),
]

# Searches from before have none, and nobody can say what theirs was.
GUARD = """
CREATE FUNCTION searches_guard_purpose() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' AND NEW.purpose = '' THEN
        RAISE EXCEPTION 'a search has a purpose' USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'UPDATE' AND NEW.purpose <> OLD.purpose THEN
        RAISE EXCEPTION 'the purpose of a search does not change'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER searches_guard_purpose BEFORE INSERT OR UPDATE OF purpose ON searches_search
    FOR EACH ROW EXECUTE FUNCTION searches_guard_purpose()
"""


class Migration(migrations.Migration):
    dependencies = [
        ("searches", "0002_templates_and_row_security"),
        ("accounts", "0021_quota"),
    ]

    operations = [
        migrations.AddField(
            "search",
            "purpose",
            models.CharField(choices=PURPOSES, default="", max_length=30, verbose_name="purpose"),
            preserve_default=False,
        ),
        migrations.AddConstraint(
            "search",
            models.CheckConstraint(
                condition=models.Q(purpose__in=["", *(value for value, _ in PURPOSES)]),
                name="search_purpose",
            ),
        ),
        migrations.RunSQL(
            GUARD,
            "DROP TRIGGER searches_guard_purpose ON searches_search;"
            " DROP FUNCTION searches_guard_purpose()",
        ),
    ]
