"""What waits for people is found by index: urgent searches, a person's searches, open rounds."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("searches", "0009_loans")]

    operations = [
        migrations.AddIndex(
            model_name="search",
            index=models.Index(
                condition=models.Q(("authorization", "after")),
                fields=["agency_id", "authorize_by"],
                name="search_urgent",
            ),
        ),
        migrations.AddIndex(
            model_name="search",
            index=models.Index(
                fields=["agency_id", "requested_by_id", "stage"], name="search_requester"
            ),
        ),
        migrations.AddIndex(
            model_name="examination",
            index=models.Index(
                condition=models.Q(("state", "open")),
                fields=["agency_id", "examiner_id"],
                name="examination_open",
            ),
        ),
    ]
