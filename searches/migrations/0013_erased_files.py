"""Tombstones of erased files."""

import uuid

from django.db import migrations, models

from portal.rowsecurity import ProtectTenant


class Migration(migrations.Migration):
    dependencies = [
        ("searches", "0012_registers"),
    ]

    operations = [
        migrations.CreateModel(
            name="ErasedFile",
            fields=[
                ("agency_id", models.BigIntegerField(editable=False)),
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("digest", models.CharField(max_length=64)),
                ("erasure_id", models.UUIDField()),
                ("erased_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "verbose_name": "erased file",
                "verbose_name_plural": "erased files",
                "constraints": [
                    models.UniqueConstraint(fields=("agency_id", "digest"), name="erased_file_once")
                ],
            },
        ),
        ProtectTenant("ErasedFile"),
    ]
