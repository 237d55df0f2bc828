"""Apart from 0028, so that nobody waits for the table while it is read."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("searches", "0028_score_baseline")]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE searches_scoremeasurement"
            " VALIDATE CONSTRAINT searches_scoremeasurement_compared_with_id_tenant_fk",
            migrations.RunSQL.noop,
        ),
    ]
