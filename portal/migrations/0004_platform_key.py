"""The platform's data key, wrapped by the master key: one row, which is changed and never lost."""

from django.db import migrations

CREATE = """
CREATE TABLE portal_platform_key (
    id smallint NOT NULL PRIMARY KEY DEFAULT 1 CHECK (id = 1),
    ring bytea NOT NULL CHECK (length(ring) > 0)
);
CREATE FUNCTION portal_keep_platform_key() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the key of the platform is not deleted' USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER portal_keep_platform_key BEFORE DELETE ON portal_platform_key
    FOR EACH ROW EXECUTE FUNCTION portal_keep_platform_key();
"""
DROP = "DROP TABLE portal_platform_key; DROP FUNCTION portal_keep_platform_key()"


class Migration(migrations.Migration):
    dependencies = [("portal", "0003_operation")]
    operations = [migrations.RunSQL(CREATE, DROP)]
