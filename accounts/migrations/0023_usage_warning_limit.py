"""A warning belongs to the limit it was given for: a raised one is warned of anew."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0022_billing")]

    operations = [
        migrations.AddField(
            "usagewarning",
            "allowed",
            models.BigIntegerField(default=0),
            preserve_default=False,
        ),
        migrations.RemoveConstraint("usagewarning", "usage_warning_once"),
        migrations.AddConstraint(
            "usagewarning",
            models.UniqueConstraint(
                fields=("agency_id", "license_number", "kind", "period", "percent", "allowed"),
                name="usage_warning_once",
            ),
        ),
    ]
