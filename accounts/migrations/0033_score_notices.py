"""Notices of shifted similarities in galleries."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0032_features"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="notification",
            name="notification_known_kind",
        ),
        migrations.AddConstraint(
            model_name="notification",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "kind__in",
                        [
                            "search.waits",
                            "search.due",
                            "search.news",
                            "grant.offered",
                            "grant.answered",
                            "grant.revoked",
                            "loan.asked",
                            "loan.lent",
                            "loan.declined",
                            "scores.shifted",
                            "alert.waits",
                            "alert.nobody",
                            "request.received",
                            "request.message",
                            "request.soon",
                            "request.overdue",
                            "request.erasure",
                            "review.due",
                            "review.overdue",
                            "certificate.ends",
                            "access.given",
                            "access.ended",
                            "access.returned",
                            "access.roles",
                            "access.token",
                            "people.admin_added",
                            "people.admin_removed",
                            "people.locked",
                            "license.ends",
                            "license.limit",
                        ],
                    )
                ),
                name="notification_known_kind",
            ),
        ),
    ]
