"""Answers to programs are kept for a day."""

import django.db.models.deletion
from django.db import migrations, models

import portal.tenancy
from portal.rowsecurity import ProtectTenant


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0026_return_faces"),
    ]

    operations = [
        migrations.CreateModel(
            name="IdempotentAnswer",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("agency_id", models.BigIntegerField(editable=False)),
                ("key", models.CharField(max_length=255)),
                ("digest", models.CharField(max_length=64)),
                ("status", models.PositiveSmallIntegerField()),
                ("location", models.CharField(blank=True, max_length=300)),
                ("body", models.BinaryField()),
                ("answered_at", models.DateTimeField(auto_now_add=True)),
                (
                    "token",
                    portal.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.apitoken",
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "indexes": [models.Index(fields=["answered_at"], name="idempotent_answer_age")],
                "constraints": [
                    models.UniqueConstraint(fields=("token", "key"), name="idempotent_answer_once")
                ],
            },
        ),
        ProtectTenant("IdempotentAnswer"),
    ]
