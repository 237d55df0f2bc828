"""Plans, licenses with signed versions, and acts; the platform writes, the agency reads."""

import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
import django.db.models.expressions
from django.db import migrations, models

import portal.tenancy
from portal.rowsecurity import IS_PLATFORM, ProtectLicensing, append_only_sql, policy_sql

GUARD_PLAN = """
CREATE FUNCTION accounts_guard_plan() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.published_at IS NOT NULL THEN
        RAISE EXCEPTION 'a published plan is append-only' USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    IF (NEW.code, NEW.version) <> (OLD.code, OLD.version) THEN
        RAISE EXCEPTION 'a plan keeps its code and version' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$
"""

REFUSE_CHANGE = """
CREATE FUNCTION accounts_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$
"""

# A draft may be changed and signed; nothing touches what is signed.
GUARD_VERSION = """
CREATE FUNCTION accounts_guard_license_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR (TG_OP = 'UPDATE' AND OLD.signature <> '') THEN
        RAISE EXCEPTION 'versions of licenses are append-only'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF TG_OP = 'UPDATE' AND (NEW.agency_id, NEW.license_id, NEW.version)
        <> (OLD.agency_id, OLD.license_id, OLD.version)
    THEN
        RAISE EXCEPTION 'a version stays with its license' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.trial <> (SELECT trial FROM accounts_license WHERE id = NEW.license_id) THEN
        RAISE EXCEPTION 'a license is a trial in all its versions or in none'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$
"""


def append_only(table: str) -> list[str]:
    """Refused for every role; the privilege is taken from all but the owner."""
    return [
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}"
        " FOR EACH ROW EXECUTE FUNCTION accounts_refuse_change()",
        append_only_sql(table),
    ]


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0008_identity_providers"),
    ]

    operations = [
        migrations.CreateModel(
            name="Plan",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("seats", models.PositiveIntegerField(blank=True, null=True, verbose_name="seats")),
                (
                    "searches_per_month",
                    models.PositiveIntegerField(
                        blank=True, null=True, verbose_name="searches a month"
                    ),
                ),
                (
                    "searches_per_term",
                    models.PositiveIntegerField(
                        blank=True, null=True, verbose_name="searches a term"
                    ),
                ),
                (
                    "faces",
                    models.PositiveIntegerField(
                        blank=True, null=True, verbose_name="enrolled faces"
                    ),
                ),
                (
                    "purposes",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[
                                ("missing_person", "Missing person"),
                                (
                                    "unidentified_person",
                                    "Unidentified deceased or incapacitated person",
                                ),
                                (
                                    "victim_identification",
                                    "Victim identification (child exploitation, trafficking)",
                                ),
                                ("serious_violent_offence", "Suspect of a serious violent offence"),
                                ("identity_fraud", "Identity fraud"),
                            ],
                            max_length=30,
                        ),
                        size=None,
                        verbose_name="purposes",
                    ),
                ),
                (
                    "source_kinds",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[
                                ("arrest_photographs", "Arrest photographs"),
                                ("missing_person_reports", "Missing-person reports"),
                                ("identity_documents", "Identity documents"),
                                ("unidentified_deceased", "Unidentified deceased"),
                                ("other_lawful_register", "Another lawful register"),
                            ],
                            max_length=30,
                        ),
                        size=None,
                        verbose_name="kinds of source",
                    ),
                ),
                (
                    "overage_allowed",
                    models.BooleanField(default=False, verbose_name="searches beyond the limit"),
                ),
                (
                    "overage_unit_price",
                    models.DecimalField(
                        blank=True,
                        decimal_places=4,
                        max_digits=14,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(0)],
                        verbose_name="price of a search beyond the limit",
                    ),
                ),
                (
                    "overage_cap",
                    models.PositiveIntegerField(
                        blank=True,
                        null=True,
                        verbose_name="most searches beyond the limit in the term",
                    ),
                ),
                (
                    "grace_days",
                    models.PositiveSmallIntegerField(
                        blank=True, default=0, verbose_name="days of grace after the end"
                    ),
                ),
                ("code", models.SlugField(max_length=40, verbose_name="code")),
                (
                    "version",
                    models.PositiveSmallIntegerField(editable=False, verbose_name="version"),
                ),
                ("name", models.CharField(max_length=120, verbose_name="name")),
                (
                    "currency",
                    models.CharField(
                        max_length=3,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[A-Z]{3}$", "Three capital letters, for example USD."
                            )
                        ],
                        verbose_name="currency",
                    ),
                ),
                (
                    "price",
                    models.DecimalField(
                        decimal_places=2,
                        max_digits=14,
                        validators=[django.core.validators.MinValueValidator(0)],
                        verbose_name="price of a term",
                    ),
                ),
                (
                    "term_months",
                    models.PositiveSmallIntegerField(
                        default=12,
                        validators=[django.core.validators.MinValueValidator(1)],
                        verbose_name="months of a term",
                    ),
                ),
                (
                    "published_at",
                    models.DateTimeField(editable=False, null=True, verbose_name="published"),
                ),
            ],
            options={
                "verbose_name": "plan",
                "verbose_name_plural": "plans",
                "ordering": ["code", "-version"],
                "constraints": [
                    models.UniqueConstraint(fields=("code", "version"), name="plan_version_once"),
                    models.CheckConstraint(
                        condition=models.Q(("price__gte", 0), ("term_months__gt", 0)),
                        name="plan_price_and_term",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "purposes__contained_by",
                                [
                                    "missing_person",
                                    "unidentified_person",
                                    "victim_identification",
                                    "serious_violent_offence",
                                    "identity_fraud",
                                ],
                            ),
                            ("purposes__len__gt", 0),
                        ),
                        name="plan_known_purposes",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "source_kinds__contained_by",
                                [
                                    "arrest_photographs",
                                    "missing_person_reports",
                                    "identity_documents",
                                    "unidentified_deceased",
                                    "other_lawful_register",
                                ],
                            ),
                            ("source_kinds__len__gt", 0),
                        ),
                        name="plan_known_source_kinds",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("overage_allowed", False),
                            models.Q(
                                ("overage_cap__isnull", False), ("overage_unit_price__gte", 0)
                            ),
                            _connector="OR",
                        ),
                        name="plan_overage_priced",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("currency__regex", "^[A-Z]{3}$")), name="plan_currency"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="License",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "number",
                    models.CharField(
                        max_length=30,
                        unique=True,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[A-Z0-9][A-Z0-9/-]*$", "Capital letters, digits, - and / only."
                            )
                        ],
                        verbose_name="number",
                    ),
                ),
                ("trial", models.BooleanField(default=False, verbose_name="trial")),
                ("made_at", models.DateTimeField(verbose_name="made")),
                (
                    "agency",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.agency",
                        verbose_name="agency",
                    ),
                ),
                (
                    "renews",
                    portal.tenancy.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="renewals",
                        to="accounts.license",
                        verbose_name="renews",
                    ),
                ),
                (
                    "plan",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.plan",
                        verbose_name="plan",
                    ),
                ),
            ],
            options={
                "verbose_name": "license",
                "verbose_name_plural": "licenses",
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="LicenseAct",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("suspended", "Suspended"),
                            ("resumed", "Resumed"),
                            ("terminated", "Terminated"),
                        ],
                        max_length=10,
                        verbose_name="act",
                    ),
                ),
                ("effective_at", models.DateTimeField(verbose_name="effective from")),
                ("reason", models.CharField(max_length=500, verbose_name="reason")),
                ("actor_id", models.BigIntegerField(editable=False, null=True)),
                (
                    "actor_label",
                    models.CharField(editable=False, max_length=254, verbose_name="done by"),
                ),
                ("made_at", models.DateTimeField(editable=False, verbose_name="made")),
                (
                    "agency",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.agency",
                        verbose_name="agency",
                    ),
                ),
                (
                    "license",
                    portal.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="acts",
                        to="accounts.license",
                        verbose_name="license",
                    ),
                ),
            ],
            options={
                "verbose_name": "act on a license",
                "verbose_name_plural": "acts on licenses",
                "ordering": ["effective_at", "id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["suspended", "resumed", "terminated"])),
                        name="license_act_kind",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("reason__regex", "\\S(.|\\n){8,}\\S")),
                        name="license_act_has_reason",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("effective_at__gte", models.F("made_at"))),
                        name="license_act_not_backdated",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("kind", "terminated")),
                        fields=("license",),
                        name="license_act_ends_once",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="LicenseVersion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("seats", models.PositiveIntegerField(blank=True, null=True, verbose_name="seats")),
                (
                    "searches_per_month",
                    models.PositiveIntegerField(
                        blank=True, null=True, verbose_name="searches a month"
                    ),
                ),
                (
                    "searches_per_term",
                    models.PositiveIntegerField(
                        blank=True, null=True, verbose_name="searches a term"
                    ),
                ),
                (
                    "faces",
                    models.PositiveIntegerField(
                        blank=True, null=True, verbose_name="enrolled faces"
                    ),
                ),
                (
                    "purposes",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[
                                ("missing_person", "Missing person"),
                                (
                                    "unidentified_person",
                                    "Unidentified deceased or incapacitated person",
                                ),
                                (
                                    "victim_identification",
                                    "Victim identification (child exploitation, trafficking)",
                                ),
                                ("serious_violent_offence", "Suspect of a serious violent offence"),
                                ("identity_fraud", "Identity fraud"),
                            ],
                            max_length=30,
                        ),
                        size=None,
                        verbose_name="purposes",
                    ),
                ),
                (
                    "source_kinds",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[
                                ("arrest_photographs", "Arrest photographs"),
                                ("missing_person_reports", "Missing-person reports"),
                                ("identity_documents", "Identity documents"),
                                ("unidentified_deceased", "Unidentified deceased"),
                                ("other_lawful_register", "Another lawful register"),
                            ],
                            max_length=30,
                        ),
                        size=None,
                        verbose_name="kinds of source",
                    ),
                ),
                (
                    "overage_allowed",
                    models.BooleanField(default=False, verbose_name="searches beyond the limit"),
                ),
                (
                    "overage_unit_price",
                    models.DecimalField(
                        blank=True,
                        decimal_places=4,
                        max_digits=14,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(0)],
                        verbose_name="price of a search beyond the limit",
                    ),
                ),
                (
                    "overage_cap",
                    models.PositiveIntegerField(
                        blank=True,
                        null=True,
                        verbose_name="most searches beyond the limit in the term",
                    ),
                ),
                (
                    "grace_days",
                    models.PositiveSmallIntegerField(
                        blank=True, default=0, verbose_name="days of grace after the end"
                    ),
                ),
                ("version", models.PositiveSmallIntegerField(verbose_name="version")),
                (
                    "purchase_order",
                    models.CharField(blank=True, max_length=60, verbose_name="purchase order"),
                ),
                (
                    "contract_number",
                    models.CharField(blank=True, max_length=60, verbose_name="contract number"),
                ),
                (
                    "amount",
                    models.DecimalField(
                        decimal_places=2,
                        max_digits=14,
                        validators=[django.core.validators.MinValueValidator(0)],
                        verbose_name="amount",
                    ),
                ),
                (
                    "currency",
                    models.CharField(
                        max_length=3,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[A-Z]{3}$", "Three capital letters, for example USD."
                            )
                        ],
                        verbose_name="currency",
                    ),
                ),
                ("signed_on", models.DateField(verbose_name="ordered on")),
                ("starts_on", models.DateField(verbose_name="starts on")),
                ("ends_on", models.DateField(verbose_name="last day")),
                (
                    "galleries",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.UUIDField(),
                        blank=True,
                        null=True,
                        size=None,
                        verbose_name="permitted galleries",
                    ),
                ),
                ("overage_requested_by_id", models.BigIntegerField(editable=False, null=True)),
                (
                    "overage_requested_by_label",
                    models.CharField(blank=True, editable=False, max_length=254),
                ),
                ("overage_approved_by_id", models.BigIntegerField(editable=False, null=True)),
                (
                    "overage_approved_by_label",
                    models.CharField(blank=True, editable=False, max_length=254),
                ),
                (
                    "impact_assessment_id",
                    models.CharField(blank=True, max_length=120, verbose_name="impact assessment"),
                ),
                (
                    "registration_id",
                    models.CharField(blank=True, max_length=120, verbose_name="registration"),
                ),
                ("effective_on", models.DateField(verbose_name="effective from")),
                (
                    "change_note",
                    models.CharField(blank=True, max_length=500, verbose_name="what changed"),
                ),
                ("made_by_id", models.BigIntegerField(editable=False, null=True)),
                (
                    "made_by_label",
                    models.CharField(editable=False, max_length=254, verbose_name="made by"),
                ),
                ("made_at", models.DateTimeField(editable=False, verbose_name="made")),
                ("document", models.JSONField(editable=False, null=True)),
                ("signature", models.CharField(blank=True, editable=False, max_length=100)),
                ("key_id", models.CharField(blank=True, editable=False, max_length=16)),
                ("trial", models.BooleanField(default=False, editable=False)),
                (
                    "agency",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.agency",
                        verbose_name="agency",
                    ),
                ),
                (
                    "license",
                    portal.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="versions",
                        to="accounts.license",
                        verbose_name="license",
                    ),
                ),
            ],
            options={
                "verbose_name": "version of a license",
                "verbose_name_plural": "versions of licenses",
                "ordering": ["license_id", "-version"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("license", "version"), name="license_version_once"
                    ),
                    models.UniqueConstraint(
                        fields=("license", "effective_on"), name="license_version_one_a_day"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("signature", "")),
                        fields=("license",),
                        name="license_version_one_draft",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("effective_on__gte", models.F("starts_on")),
                            ("effective_on__lte", models.F("ends_on")),
                            ("ends_on__gte", models.F("starts_on")),
                        ),
                        name="license_version_days_in_order",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("amount__gte", 0)), name="license_version_amount"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("document__isnull", True), ("key_id", ""), ("signature", "")),
                            models.Q(
                                models.Q(("signature", ""), _negated=True),
                                models.Q(("key_id", ""), _negated=True),
                                ("document__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="license_version_signed_whole",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("signature", ""), ("trial", False)),
                            ("trial", True),
                            models.Q(
                                ("impact_assessment_id__regex", "\\S"),
                                ("registration_id__regex", "\\S"),
                            ),
                            _connector="OR",
                        ),
                        name="license_version_papers",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("trial", False),
                            models.Q(
                                ("amount", 0),
                                (
                                    "ends_on__lt",
                                    django.db.models.expressions.CombinedExpression(
                                        models.F("starts_on"), "+", models.Value(31)
                                    ),
                                ),
                                ("overage_allowed", False),
                            ),
                            _connector="OR",
                        ),
                        name="license_version_trial_is_short",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("overage_approved_by_id", None),
                            models.Q(
                                ("overage_requested_by_id__isnull", False),
                                models.Q(
                                    ("overage_approved_by_id", models.F("overage_requested_by_id")),
                                    _negated=True,
                                ),
                            ),
                            _connector="OR",
                        ),
                        name="license_version_overage_two_people",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("overage_allowed", False),
                            ("signature", ""),
                            ("overage_approved_by_id__isnull", False),
                            _connector="OR",
                        ),
                        name="license_version_overage_approved",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "purposes__contained_by",
                                [
                                    "missing_person",
                                    "unidentified_person",
                                    "victim_identification",
                                    "serious_violent_offence",
                                    "identity_fraud",
                                ],
                            ),
                            ("purposes__len__gt", 0),
                        ),
                        name="license_version_known_purposes",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "source_kinds__contained_by",
                                [
                                    "arrest_photographs",
                                    "missing_person_reports",
                                    "identity_documents",
                                    "unidentified_deceased",
                                    "other_lawful_register",
                                ],
                            ),
                            ("source_kinds__len__gt", 0),
                        ),
                        name="license_version_known_source_kinds",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("overage_allowed", False),
                            models.Q(
                                ("overage_cap__isnull", False), ("overage_unit_price__gte", 0)
                            ),
                            _connector="OR",
                        ),
                        name="license_version_overage_priced",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("currency__regex", "^[A-Z]{3}$")),
                        name="license_version_currency",
                    ),
                ],
            },
        ),
        migrations.AddIndex(
            model_name="license",
            index=models.Index(fields=["agency", "-id"], name="license_of_agency"),
        ),
        ProtectLicensing("License"),
        ProtectLicensing("LicenseVersion"),
        ProtectLicensing("LicenseAct"),
        # The catalogue is no secret: a license names its plan.
        migrations.RunSQL(
            policy_sql("accounts_plan", own=IS_PLATFORM, also_read="published_at IS NOT NULL"),
            migrations.RunSQL.noop,
        ),
        migrations.RunSQL(
            [
                GUARD_PLAN,
                "CREATE TRIGGER accounts_guard_plan BEFORE UPDATE OR DELETE ON accounts_plan"
                " FOR EACH ROW EXECUTE FUNCTION accounts_guard_plan()",
                REFUSE_CHANGE,
                *append_only("accounts_license"),
                *append_only("accounts_licenseact"),
                GUARD_VERSION,
                "CREATE TRIGGER accounts_guard_license_version BEFORE INSERT OR UPDATE OR DELETE"
                " ON accounts_licenseversion FOR EACH ROW"
                " EXECUTE FUNCTION accounts_guard_license_version()",
            ],
            migrations.RunSQL.noop,
        ),
    ]
