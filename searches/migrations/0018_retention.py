"""What was promised when a picture was enrolled; no search with a probe that is gone."""

from django.db import migrations, models

# Rules may shorten at any time. A service that is asked to lengthen says so for its transaction.
PROMISED = """
CREATE FUNCTION searches_guard_promise() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF coalesce(current_setting('candor.lengthening', true), '') <> 'on' THEN
        RAISE EXCEPTION 'a picture is not kept longer than was promised'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER searches_guard_promise BEFORE UPDATE OF expires_on ON searches_faceimage
    FOR EACH ROW WHEN (NEW.expires_on > OLD.expires_on)
    EXECUTE FUNCTION searches_guard_promise();
CREATE FUNCTION searches_keep_given() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what was given at an enrolment does not change'
        USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER searches_keep_given BEFORE UPDATE OF expires_given ON searches_faceimage
    FOR EACH ROW WHEN (NEW.expires_given IS DISTINCT FROM OLD.expires_given)
    EXECUTE FUNCTION searches_keep_given()
"""

# Waits for whoever is removing the picture at this moment.
KEPT = """
CREATE FUNCTION searches_guard_probe_kept() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    kept text;
BEGIN
    SELECT file_key INTO kept FROM searches_probe
        WHERE agency_id = NEW.agency_id AND id = NEW.probe_id FOR KEY SHARE;
    IF kept = '' THEN
        RAISE EXCEPTION 'probe_erased: the picture of this probe is gone'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER searches_guard_probe_kept BEFORE INSERT ON searches_search
    FOR EACH ROW EXECUTE FUNCTION searches_guard_probe_kept()
"""


class Migration(migrations.Migration):
    dependencies = [
        ("searches", "0017_shared"),
    ]

    operations = [
        migrations.AddField(
            "faceimage", "expires_given", models.DateField(editable=False, null=True)
        ),
        migrations.AddField(
            "enrolment", "expires_given", models.DateField(editable=False, null=True)
        ),
        migrations.AddConstraint(
            "faceimage",
            models.CheckConstraint(
                condition=models.Q(expires_given=None)
                | models.Q(expires_on__lte=models.F("expires_given")),
                name="image_expires_as_given",
            ),
        ),
        migrations.RunSQL(PROMISED, migrations.RunSQL.noop),
        migrations.RunSQL(KEPT, migrations.RunSQL.noop),
    ]
