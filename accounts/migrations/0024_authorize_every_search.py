"""Agencies may ask for another person's authorization of every search."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0023_usage_warning_limit")]

    operations = [
        migrations.AddField(
            "securitypolicy",
            "authorize_every_search",
            models.BooleanField(default=False),
            preserve_default=False,
        ),
    ]
