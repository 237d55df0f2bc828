"""API tokens, training certificates with their reminders, and log-ins of people."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import portal.tenancy
from portal.rowsecurity import CURRENT_TOKEN, CURRENT_USER, ProtectTenant, policy_sql

# Django keeps session keys in the open and Candor keeps their hashes only: this finds one by the other.
SESSION_INDEX = "CREATE INDEX django_session_key_hash ON django_session (encode(sha256(session_key::bytea), 'hex'))"


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_people"),
        ("sessions", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="agency",
            name="certificates_required",
            field=models.BooleanField(default=False, verbose_name="certificates required"),
        ),
        migrations.CreateModel(
            name="TrainingCertificate",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("agency_id", models.BigIntegerField(editable=False)),
                (
                    "activity",
                    models.CharField(
                        choices=[("search", "Searching"), ("examine", "Examining candidates")],
                        max_length=20,
                        verbose_name="activity",
                    ),
                ),
                ("title", models.CharField(max_length=200, verbose_name="name of the certificate")),
                ("issuer", models.CharField(max_length=200, verbose_name="issuer")),
                ("issued_on", models.DateField(verbose_name="issued on")),
                ("valid_until", models.DateField(verbose_name="valid until")),
                ("evidence_key", models.CharField(editable=False, max_length=80)),
                ("evidence_sha256", models.CharField(editable=False, max_length=64)),
                ("evidence_type", models.CharField(editable=False, max_length=40)),
                ("entered_by_id", models.BigIntegerField(editable=False, null=True)),
                ("entered_by_label", models.CharField(editable=False, max_length=254)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("withdrawn_at", models.DateTimeField(editable=False, null=True)),
                (
                    "withdrawn_by_label",
                    models.CharField(blank=True, editable=False, max_length=254),
                ),
                (
                    "withdrawal_reason",
                    models.CharField(blank=True, max_length=500, verbose_name="reason"),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "training certificate",
                "verbose_name_plural": "training certificates",
                "ordering": ["valid_until", "id"],
            },
        ),
        migrations.CreateModel(
            name="CertificateReminder",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("agency_id", models.BigIntegerField(editable=False)),
                ("days", models.PositiveSmallIntegerField()),
                ("sent_at", models.DateTimeField(auto_now_add=True)),
                (
                    "certificate",
                    portal.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reminders",
                        to="accounts.trainingcertificate",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="UserSession",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key_hash", models.CharField(max_length=64, unique=True)),
                ("user_agent", models.CharField(blank=True, max_length=300)),
                ("address", models.CharField(blank=True, max_length=64)),
                ("started_at", models.DateTimeField()),
                ("last_seen_at", models.DateTimeField()),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-last_seen_at", "-id"],
            },
        ),
        migrations.CreateModel(
            name="ApiToken",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("agency_id", models.BigIntegerField(editable=False)),
                ("name", models.CharField(max_length=100, verbose_name="name")),
                ("digest", models.CharField(editable=False, max_length=64, unique=True)),
                ("hint", models.CharField(editable=False, max_length=12)),
                (
                    "permissions",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=40), size=None
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("expires_at", models.DateTimeField()),
                ("last_used_at", models.DateTimeField(editable=False, null=True)),
                ("revoked_at", models.DateTimeField(editable=False, null=True)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "API token",
                "verbose_name_plural": "API tokens",
                "ordering": ["-id"],
                "indexes": [models.Index(fields=["agency_id", "user"], name="api_token_owner")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("permissions__len__gt", 0)),
                        name="api_token_can_something",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("expires_at__gt", models.F("created_at"))),
                        name="api_token_has_a_life",
                    ),
                ],
            },
        ),
        migrations.AddIndex(
            model_name="trainingcertificate",
            index=models.Index(
                fields=["agency_id", "user", "activity"], name="certificate_of_person"
            ),
        ),
        migrations.AddIndex(
            model_name="trainingcertificate",
            index=models.Index(fields=["agency_id", "valid_until"], name="certificate_by_end"),
        ),
        migrations.AddConstraint(
            model_name="trainingcertificate",
            constraint=models.CheckConstraint(
                condition=models.Q(("activity__in", ["search", "examine"])),
                name="certificate_activity",
            ),
        ),
        migrations.AddConstraint(
            model_name="trainingcertificate",
            constraint=models.CheckConstraint(
                condition=models.Q(("valid_until__gte", models.F("issued_on"))),
                name="certificate_days_in_order",
            ),
        ),
        migrations.AddConstraint(
            model_name="trainingcertificate",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("withdrawn_at", None),
                    models.Q(("withdrawal_reason", ""), _negated=True),
                    _connector="OR",
                ),
                name="certificate_withdrawn_for_a_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="certificatereminder",
            constraint=models.UniqueConstraint(
                fields=("agency_id", "certificate", "days"), name="certificate_reminder_once"
            ),
        ),
        migrations.AddIndex(
            model_name="usersession",
            index=models.Index(fields=["user", "-last_seen_at"], name="session_of_user"),
        ),
        ProtectTenant("TrainingCertificate"),
        ProtectTenant("CertificateReminder"),
        ProtectTenant("ApiToken"),
        # Who knows a token's secret sees its row; nobody gets a list this way.
        migrations.RunSQL(
            "CREATE POLICY by_token ON accounts_apitoken FOR SELECT"
            f" USING (digest = {CURRENT_TOKEN})",
            migrations.RunSQL.noop,
        ),
        # People work in several agencies with one log-in: it belongs to the person.
        migrations.RunSQL(
            policy_sql("accounts_usersession", own=f"user_id = {CURRENT_USER}"),
            migrations.RunSQL.noop,
        ),
        migrations.RunSQL(SESSION_INDEX, "DROP INDEX django_session_key_hash"),
    ]
