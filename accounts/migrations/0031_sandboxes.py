"""An agency is a training place from its first minute, or never."""

from django.db import migrations, models

GUARD = """
CREATE FUNCTION accounts_guard_sandbox() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'whether an agency is a training place does not change'
        USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER accounts_guard_sandbox BEFORE UPDATE ON accounts_agency FOR EACH ROW
    WHEN (NEW.is_sandbox <> OLD.is_sandbox) EXECUTE FUNCTION accounts_guard_sandbox()
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0030_notifications")]

    operations = [
        migrations.AddField(
            "agency",
            "is_sandbox",
            models.BooleanField(default=False, editable=False, verbose_name="training place"),
        ),
        migrations.RunSQL(GUARD, migrations.RunSQL.noop),
    ]
