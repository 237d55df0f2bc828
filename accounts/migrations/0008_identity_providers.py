"""Log-in by identity providers of agencies."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import portal.tenancy
from portal.rowsecurity import CURRENT_SIGN_ON, IS_PLATFORM, ProtectTenant

# Only the platform decides which agency a domain belongs to, and what was decided does not move.
GUARD_DOMAINS = """
CREATE FUNCTION accounts_guard_sign_on_domain() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.confirmed_at IS NOT NULL THEN
            RAISE EXCEPTION 'a new domain is not confirmed yet' USING ERRCODE = 'check_violation';
        END IF;
    ELSE
        IF NEW.domain <> OLD.domain OR NEW.provider_id <> OLD.provider_id THEN
            RAISE EXCEPTION 'a domain does not change' USING ERRCODE = 'check_violation';
        END IF;
        IF NEW.confirmed_at IS DISTINCT FROM OLD.confirmed_at
            AND current_setting('candor.platform', true) IS DISTINCT FROM 'on' THEN
            RAISE EXCEPTION 'the platform confirms domains' USING ERRCODE = 'check_violation';
        END IF;
    END IF;
    RETURN NEW;
END $$
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0007_offboarding")]

    operations = [
        migrations.CreateModel(
            name="IdentityProvider",
            fields=[
                ("agency_id", models.BigIntegerField(editable=False)),
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("name", models.CharField(max_length=60, verbose_name="name on the button")),
                ("issuer", models.CharField(max_length=300, verbose_name="issuer")),
                ("client_id", models.CharField(max_length=200, verbose_name="client ID")),
                ("client_secret", models.BinaryField()),
                (
                    "second_factor",
                    models.CharField(
                        choices=[
                            ("none", "Not checked: the provider asks for a second factor anyway"),
                            ("amr", "The token's “amr” must contain one of these"),
                            ("acr", "The token's “acr” must be one of these"),
                        ],
                        default="none",
                        max_length=4,
                        verbose_name="second factor",
                    ),
                ),
                (
                    "second_factor_values",
                    models.CharField(blank=True, max_length=200, verbose_name="accepted values"),
                ),
                (
                    "addresses_verified",
                    models.BooleanField(
                        default=False,
                        verbose_name="the provider knows only addresses that the agency itself has assigned",
                    ),
                ),
                ("enabled_at", models.DateTimeField(editable=False, null=True)),
            ],
            options={
                "verbose_name": "identity provider",
                "verbose_name_plural": "identity providers",
                "constraints": [
                    models.UniqueConstraint(fields=("agency_id",), name="provider_one_an_agency"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("second_factor", "none"),
                            models.Q(
                                ("second_factor__in", ["amr", "acr"]),
                                models.Q(("second_factor_values", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="provider_known_second_factor",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SignOnDomain",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("agency_id", models.BigIntegerField(editable=False)),
                ("domain", models.CharField(max_length=253, verbose_name="domain")),
                ("proposed_at", models.DateTimeField(auto_now_add=True, verbose_name="proposed")),
                (
                    "proposed_by_label",
                    models.CharField(editable=False, max_length=254, verbose_name="proposed by"),
                ),
                (
                    "confirmed_at",
                    models.DateTimeField(editable=False, null=True, verbose_name="confirmed"),
                ),
                (
                    "confirmed_by_label",
                    models.CharField(editable=False, max_length=254, verbose_name="confirmed by"),
                ),
                (
                    "provider",
                    portal.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="domains",
                        to="accounts.identityprovider",
                    ),
                ),
            ],
            options={
                "verbose_name": "domain of single sign-on",
                "verbose_name_plural": "domains of single sign-on",
                "ordering": ["domain"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("agency_id", "domain"), name="sign_on_domain_once"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("confirmed_at__isnull", False)),
                        fields=("domain",),
                        name="sign_on_domain_of_one_agency",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "domain__regex",
                                "^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])$",
                            )
                        ),
                        name="sign_on_domain_form",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SignOnLink",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("agency_id", models.BigIntegerField(editable=False)),
                ("issuer", models.CharField(max_length=300)),
                ("subject", models.CharField(max_length=191)),
                ("linked_at", models.DateTimeField(auto_now_add=True)),
                ("last_used_at", models.DateTimeField()),
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
                "verbose_name": "link to an identity provider",
                "verbose_name_plural": "links to identity providers",
                "ordering": ["user__name", "id"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("agency_id", "issuer", "subject"), name="sign_on_link_of_one_person"
                    ),
                    models.UniqueConstraint(
                        fields=("agency_id", "issuer", "user"), name="sign_on_link_one_a_person"
                    ),
                ],
            },
        ),
        ProtectTenant("IdentityProvider"),
        ProtectTenant("SignOnDomain"),
        ProtectTenant("SignOnLink"),
        migrations.RunSQL(
            [
                # Before log-in no agency is known: what is asked for by name is visible.
                "CREATE POLICY by_id ON accounts_identityprovider FOR SELECT"
                f" USING (id::text = {CURRENT_SIGN_ON})",
                "CREATE POLICY by_name ON accounts_signondomain FOR SELECT"
                f" USING (confirmed_at IS NOT NULL AND domain = {CURRENT_SIGN_ON})",
                f"CREATE POLICY platform_reads ON accounts_signondomain FOR SELECT USING ({IS_PLATFORM})",
                "CREATE POLICY platform_confirms ON accounts_signondomain FOR UPDATE"
                f" USING ({IS_PLATFORM}) WITH CHECK ({IS_PLATFORM})",
                GUARD_DOMAINS,
                "CREATE TRIGGER accounts_guard_sign_on_domain BEFORE INSERT OR UPDATE"
                " ON accounts_signondomain FOR EACH ROW"
                " EXECUTE FUNCTION accounts_guard_sign_on_domain()",
            ],
            migrations.RunSQL.noop,
        ),
    ]
