"""A measurement names the earlier one that it was compared with: not always the last."""

from django.db import migrations
from django.db.models.deletion import PROTECT

import portal.tenancy


class Migration(migrations.Migration):
    dependencies = [("searches", "0027_score_slices")]

    operations = [
        migrations.AddField(
            "scoremeasurement",
            "compared_with",
            portal.tenancy.TenantForeignKey(
                editable=False,
                null=True,
                on_delete=PROTECT,
                related_name="+",
                to="searches.scoremeasurement",
            ),
        ),
        migrations.RunSQL(
            "ALTER TABLE searches_scoremeasurement"
            " ADD CONSTRAINT searches_scoremeasurement_compared_with_id_tenant_fk"
            " FOREIGN KEY (agency_id, compared_with_id)"
            " REFERENCES searches_scoremeasurement (agency_id, id) DEFERRABLE INITIALLY DEFERRED"
            " NOT VALID",
            migrations.RunSQL.noop,
        ),
    ]
