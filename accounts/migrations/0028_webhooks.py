"""Webhooks: where agencies are told, of what, and whether it arrived."""

import uuid

import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

import portal.tenancy
from portal.rowsecurity import ProtectTenant


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0027_idempotent_answers"),
    ]

    operations = [
        migrations.CreateModel(
            name="WebhookEndpoint",
            fields=[
                ("agency_id", models.BigIntegerField(editable=False)),
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("url", models.CharField(max_length=500, verbose_name="address")),
                (
                    "description",
                    models.CharField(blank=True, max_length=200, verbose_name="description"),
                ),
                (
                    "events",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=30), size=None
                    ),
                ),
                ("secret", models.BinaryField()),
                ("previous_secret", models.BinaryField(default=b"")),
                ("previous_until", models.DateTimeField(editable=False, null=True)),
                ("created_by_label", models.CharField(editable=False, max_length=254)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("disabled_at", models.DateTimeField(editable=False, null=True)),
                (
                    "disabled_by",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("hand", "by an administrator"),
                            ("gone", "its system answered that it is gone for good (410)"),
                            ("failing", "nothing reached it for five days"),
                        ],
                        max_length=7,
                    ),
                ),
                ("failures", models.PositiveIntegerField(default=0, editable=False)),
                ("failing_since", models.DateTimeField(editable=False, null=True)),
                ("removed_at", models.DateTimeField(editable=False, null=True)),
            ],
            options={
                "verbose_name": "webhook",
                "verbose_name_plural": "webhooks",
                "ordering": ["-created_at", "-pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("events__len__gt", 0)), name="webhook_wants_something"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("disabled_at", None), ("disabled_by", "")),
                            models.Q(
                                ("disabled_at__isnull", False),
                                ("disabled_by__in", ["hand", "gone", "failing"]),
                            ),
                            _connector="OR",
                        ),
                        name="webhook_disabled_for_a_reason",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="WebhookEvent",
            fields=[
                ("agency_id", models.BigIntegerField(editable=False)),
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "type",
                    models.CharField(
                        choices=[
                            ("search.state", "A search was queued, done, or failed"),
                            ("search.stage", "A search reached another stage"),
                            ("search.concluded", "A search was concluded"),
                            ("import.stage", "An import reached another stage"),
                            ("erasure.finished", "An erasure was proved, or failed"),
                            ("webhook.test", "A test from Candor"),
                        ],
                        max_length=30,
                    ),
                ),
                ("data", models.JSONField()),
                ("happened_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "ordering": ["-happened_at", "-pk"],
                "indexes": [
                    models.Index(fields=["agency_id", "happened_at"], name="webhook_event_age")
                ],
            },
        ),
        migrations.CreateModel(
            name="WebhookDelivery",
            fields=[
                ("agency_id", models.BigIntegerField(editable=False)),
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "On its way"),
                            ("delivered", "Delivered"),
                            ("failed", "Not delivered"),
                        ],
                        default="waiting",
                        max_length=9,
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0, editable=False)),
                (
                    "created_at",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False),
                ),
                (
                    "next_try_at",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False),
                ),
                ("claim", models.UUIDField(editable=False, null=True)),
                ("leased_until", models.DateTimeField(editable=False, null=True)),
                ("status_code", models.PositiveSmallIntegerField(editable=False, null=True)),
                ("problem", models.CharField(blank=True, editable=False, max_length=60)),
                ("answered_at", models.DateTimeField(editable=False, null=True)),
                (
                    "endpoint",
                    portal.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="deliveries",
                        to="accounts.webhookendpoint",
                    ),
                ),
                (
                    "event",
                    portal.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="deliveries",
                        to="accounts.webhookevent",
                    ),
                ),
            ],
            options={
                "ordering": ["-created_at", "-pk"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "waiting")),
                        fields=["agency_id", "next_try_at"],
                        name="webhook_delivery_waiting",
                    ),
                    models.Index(
                        fields=["agency_id", "endpoint", "created_at"], name="webhook_delivery_log"
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("agency_id", "event", "endpoint"), name="webhook_delivery_once"
                    )
                ],
            },
        ),
        ProtectTenant("WebhookEndpoint"),
        ProtectTenant("WebhookEvent"),
        ProtectTenant("WebhookDelivery"),
    ]
