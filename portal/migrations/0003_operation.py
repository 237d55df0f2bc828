"""How the installation works, and notices to everybody: all read them, the platform writes them."""

from django.db import migrations, models

from portal.rowsecurity import IS_PLATFORM, policy_sql

MODES = [
    ("normal", "Normal"),
    ("read_only", "Read only: pages can be read, and nothing can be done"),
    ("maintenance", "Maintenance: no pages, and workers begin nothing"),
]
POLICIES = [
    statement
    for table in ("portal_operation", "portal_broadcast")
    for statement in policy_sql(table, own=IS_PLATFORM, also_read="true")
]


class Migration(migrations.Migration):
    dependencies = [("portal", "0002_queue")]
    operations = [
        migrations.CreateModel(
            name="Operation",
            fields=[
                (
                    "number",
                    models.PositiveSmallIntegerField(
                        default=1, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "mode",
                    models.CharField(
                        choices=MODES, default="normal", max_length=11, verbose_name="mode"
                    ),
                ),
                (
                    "until",
                    models.DateTimeField(blank=True, null=True, verbose_name="expected to end"),
                ),
                (
                    "text_en",
                    models.TextField(blank=True, max_length=500, verbose_name="notice in English"),
                ),
                (
                    "text_fr",
                    models.TextField(blank=True, max_length=500, verbose_name="notice in French"),
                ),
                ("changed_at", models.DateTimeField(auto_now=True)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("number", 1)), name="operation_one_row"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("mode__in", ["normal", "read_only", "maintenance"])),
                        name="operation_known_mode",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Broadcast",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("text_en", models.TextField(max_length=500, verbose_name="text in English")),
                ("text_fr", models.TextField(max_length=500, verbose_name="text in French")),
                ("is_urgent", models.BooleanField(default=False, verbose_name="urgent")),
                ("starts_at", models.DateTimeField(verbose_name="from")),
                ("ends_at", models.DateTimeField(verbose_name="until")),
                ("withdrawn_at", models.DateTimeField(editable=False, null=True)),
                ("made_by_label", models.CharField(editable=False, max_length=254)),
            ],
            options={
                "verbose_name": "notice to everybody",
                "verbose_name_plural": "notices to everybody",
                "ordering": ["-starts_at", "-pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("ends_at__gt", models.F("starts_at"))),
                        name="broadcast_ends_after_its_start",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("text_en", ""), _negated=True),
                            models.Q(("text_fr", ""), _negated=True),
                        ),
                        name="broadcast_in_both_languages",
                    ),
                ],
            },
        ),
        migrations.RunSQL(POLICIES, migrations.RunSQL.noop),
    ]
