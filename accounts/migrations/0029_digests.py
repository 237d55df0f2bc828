"""People may choose one e-mail for all that waits."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0028_webhooks"),
    ]

    operations = [
        migrations.AddField(
            model_name="membership",
            name="digested_on",
            field=models.DateField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="user",
            name="digest",
            field=models.CharField(
                blank=True,
                choices=[
                    ("", "An e-mail for each"),
                    ("daily", "One e-mail a day"),
                    ("weekly", "One e-mail a week, on Monday"),
                ],
                max_length=10,
                verbose_name="e-mails about work that waits",
            ),
        ),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.CheckConstraint(
                condition=models.Q(("digest__in", ["", "daily", "weekly"])),
                name="user_known_digest",
            ),
        ),
    ]
