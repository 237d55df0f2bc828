"""Security policies of agencies, the lock and the disabling of log-in, limits per session."""

import django.contrib.postgres.fields
from django.db import migrations, models

from portal.rowsecurity import CURRENT_USER, ProtectTenant, append_only_sql

# Not even the tables' owner changes what was decided.
KEEP_POLICIES = """
CREATE FUNCTION accounts_keep_policies() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'security policies are append-only' USING ERRCODE = 'check_violation';
END $$
"""
# At log-in, before an agency is chosen, a person is held to the policies of all their agencies.
OF_MY_AGENCIES = f"EXISTS (SELECT 1 FROM accounts_membership m WHERE m.agency_id = accounts_securitypolicy.agency_id AND m.user_id = {CURRENT_USER})"


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0005_tokens_certificates"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        migrations.CreateModel(
            name="SecurityPolicy",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("agency_id", models.BigIntegerField(editable=False)),
                ("number", models.PositiveIntegerField(verbose_name="version")),
                ("idle_minutes", models.PositiveSmallIntegerField()),
                ("session_hours", models.PositiveSmallIntegerField()),
                ("lock_failures", models.PositiveSmallIntegerField()),
                ("lock_window_minutes", models.PositiveSmallIntegerField()),
                ("disable_after_days", models.PositiveSmallIntegerField()),
                ("token_max_days", models.PositiveSmallIntegerField()),
                ("invitation_days", models.PositiveSmallIntegerField()),
                ("reauthentication_minutes", models.PositiveSmallIntegerField()),
                ("passkey_required", models.BooleanField()),
                ("single_sign_on_required", models.BooleanField()),
                ("banner_en", models.TextField(blank=True, max_length=4000)),
                ("banner_fr", models.TextField(blank=True, max_length=4000)),
                ("why", models.TextField(max_length=500)),
                ("made_by_id", models.BigIntegerField(editable=False, null=True)),
                ("made_by_label", models.CharField(editable=False, max_length=254)),
                ("made_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "verbose_name": "security policy",
                "verbose_name_plural": "security policies",
                "ordering": ["-number"],
            },
        ),
        migrations.AddField(
            model_name="user",
            name="disabled_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="user",
            name="disabled_reason",
            field=models.CharField(blank=True, editable=False, max_length=20),
        ),
        migrations.AddField(
            model_name="user",
            name="lock_told_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="user",
            name="locked_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="user",
            name="recent_failures",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.DateTimeField(),
                blank=True,
                default=list,
                editable=False,
                size=None,
            ),
        ),
        migrations.AddField(
            model_name="user",
            name="released_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="user",
            name="unused_warned",
            field=models.PositiveSmallIntegerField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="usersession",
            name="idle_minutes",
            field=models.PositiveSmallIntegerField(default=30),
        ),
        migrations.AddField(
            model_name="usersession",
            name="session_hours",
            field=models.PositiveSmallIntegerField(default=12),
        ),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("disabled_at", None), ("disabled_reason", "")),
                    models.Q(("disabled_at__isnull", False), ("disabled_reason", "unused")),
                    _connector="OR",
                ),
                name="user_disabled_for_a_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="usersession",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("idle_minutes__range", (1, 30)), ("session_hours__range", (1, 12))
                ),
                name="session_within_limits",
            ),
        ),
        migrations.AddConstraint(
            model_name="securitypolicy",
            constraint=models.UniqueConstraint(
                fields=("agency_id", "number"), name="policy_version_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="securitypolicy",
            constraint=models.CheckConstraint(
                condition=models.Q(("number__gte", 1)), name="policy_versions_count_up"
            ),
        ),
        migrations.AddConstraint(
            model_name="securitypolicy",
            constraint=models.CheckConstraint(
                condition=models.Q(("idle_minutes__range", (1, 30))), name="policy_idle_minutes"
            ),
        ),
        migrations.AddConstraint(
            model_name="securitypolicy",
            constraint=models.CheckConstraint(
                condition=models.Q(("session_hours__range", (1, 12))), name="policy_session_hours"
            ),
        ),
        migrations.AddConstraint(
            model_name="securitypolicy",
            constraint=models.CheckConstraint(
                condition=models.Q(("lock_failures__range", (1, 5))), name="policy_lock_failures"
            ),
        ),
        migrations.AddConstraint(
            model_name="securitypolicy",
            constraint=models.CheckConstraint(
                condition=models.Q(("lock_window_minutes__range", (15, 1440))),
                name="policy_lock_window_minutes",
            ),
        ),
        migrations.AddConstraint(
            model_name="securitypolicy",
            constraint=models.CheckConstraint(
                condition=models.Q(("disable_after_days__range", (1, 90))),
                name="policy_disable_after_days",
            ),
        ),
        migrations.AddConstraint(
            model_name="securitypolicy",
            constraint=models.CheckConstraint(
                condition=models.Q(("token_max_days__range", (1, 365))),
                name="policy_token_max_days",
            ),
        ),
        migrations.AddConstraint(
            model_name="securitypolicy",
            constraint=models.CheckConstraint(
                condition=models.Q(("invitation_days__range", (1, 30))),
                name="policy_invitation_days",
            ),
        ),
        migrations.AddConstraint(
            model_name="securitypolicy",
            constraint=models.CheckConstraint(
                condition=models.Q(("reauthentication_minutes__range", (1, 30))),
                name="policy_reauthentication_minutes",
            ),
        ),
        migrations.AddConstraint(
            model_name="securitypolicy",
            constraint=models.CheckConstraint(
                condition=models.Q(("why__regex", "\\S(.|\\n){8,}\\S")), name="policy_has_reason"
            ),
        ),
        ProtectTenant("SecurityPolicy"),
        migrations.RunSQL(
            [
                "CREATE POLICY of_my_agencies ON accounts_securitypolicy FOR SELECT"
                f" USING ({OF_MY_AGENCIES})",
                KEEP_POLICIES,
                "CREATE TRIGGER accounts_keep_policies BEFORE UPDATE OR DELETE"
                " ON accounts_securitypolicy FOR EACH ROW"
                " EXECUTE FUNCTION accounts_keep_policies()",
                append_only_sql("accounts_securitypolicy"),
            ],
            migrations.RunSQL.noop,
        ),
    ]
