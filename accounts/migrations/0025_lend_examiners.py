"""Agencies may allow others to borrow their examiners; none does unless its admin says so."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0024_authorize_every_search")]

    operations = [
        migrations.AddField(
            "securitypolicy",
            "lend_examiners",
            models.BooleanField(default=False),
            preserve_default=False,
        ),
    ]
