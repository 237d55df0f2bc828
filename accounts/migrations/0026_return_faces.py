"""Faces that are not held any more make room for others."""

from django.db import migrations, models

# Faces are counted as they stand. Only what was taken under a key can be returned, and once.
RETURN = """
CREATE FUNCTION accounts_quota_return_faces(p_keys text[]) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    agency bigint := NULLIF(current_setting('candor.agency_id', true), '')::bigint;
    returned bigint;
BEGIN
    WITH gone AS (
        UPDATE accounts_quotareservation SET state = 'returned', settled_at = now()
        WHERE agency_id = agency AND key = ANY (p_keys) AND state = 'committed' AND kind = 'face'
        RETURNING whole_id, quantity
    ), counted AS (
        SELECT whole_id, sum(quantity)::bigint AS quantity FROM gone GROUP BY whole_id
    ), freed AS (
        UPDATE accounts_quotacounter c SET used = c.used - counted.quantity FROM counted
        WHERE c.id = counted.whole_id RETURNING counted.quantity
    )
    SELECT coalesce(sum(quantity), 0) INTO returned FROM freed;
    RETURN returned;
END $$;
REVOKE ALL ON FUNCTION accounts_quota_return_faces(text[]) FROM PUBLIC
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0025_lend_examiners"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="quotareservation",
            name="quota_reservation_state",
        ),
        migrations.AlterField(
            model_name="quotareservation",
            name="state",
            field=models.CharField(
                choices=[
                    ("reserved", "Reserved"),
                    ("committed", "Used"),
                    ("released", "Given back"),
                    ("expired", "Expired"),
                    ("returned", "Not held any more"),
                ],
                max_length=10,
            ),
        ),
        migrations.AddConstraint(
            model_name="quotareservation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state__in", ["reserved", "committed", "released", "expired", "returned"])
                ),
                name="quota_reservation_state",
            ),
        ),
        migrations.RunSQL(RETURN, migrations.RunSQL.noop),
    ]
