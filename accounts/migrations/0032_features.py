"""What the vendor has switched off for an agency."""

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0031_sandboxes")]
    operations = [
        migrations.AddField(
            model_name="agency",
            name="features_off",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=20),
                blank=True,
                default=list,
                editable=False,
                size=None,
            ),
        ),
    ]
