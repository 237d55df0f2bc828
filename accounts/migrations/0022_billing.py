"""Billing accounts, invoices, payments: frozen when issued, numbered without gaps."""

from decimal import Decimal

import django.core.validators
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.datetime
from django.db import migrations, models

import portal.tenancy
from portal.rowsecurity import (
    CURRENT_AGENCY,
    IS_PLATFORM,
    ProtectLicensing,
    append_only_sql,
    policy_sql,
)

# Numbers come from one row for each kind and year, which stays locked until the transaction ends:
# a number that was not used is given again, and two that issue at once wait for each other.
# The function belongs to the owner, so nobody else writes the counter (checks and policies of the
# session apply to it as well: row-level security is forced).
GUARD_INVOICE = """
CREATE FUNCTION accounts_guard_invoice() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    prefix text;
    net_sum numeric;
    tax_sum numeric;
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF OLD.issued_at IS NULL THEN
            RETURN OLD;
        END IF;
        RAISE EXCEPTION 'what was issued is not deleted' USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.issued_at IS NOT NULL THEN
            RAISE EXCEPTION 'an invoice begins as a draft' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.issued_at IS NOT NULL THEN
        RAISE EXCEPTION 'what was issued does not change' USING ERRCODE = 'check_violation';
    END IF;
    IF (NEW.id, NEW.agency_id, NEW.kind, NEW.currency, NEW.minor_units)
        <> (OLD.id, OLD.agency_id, OLD.kind, OLD.currency, OLD.minor_units)
        OR NEW.credits_id IS DISTINCT FROM OLD.credits_id
    THEN
        RAISE EXCEPTION 'a draft stays what it is' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.issued_at IS NULL THEN
        RETURN NEW;
    END IF;
    PERFORM accounts_check_lines(NEW.id, NEW.agency_id, NEW.minor_units);
    IF NEW.kind = 'credit_note' THEN
        PERFORM 1 FROM accounts_invoice WHERE id = NEW.credits_id AND kind = 'invoice'
            AND issued_at IS NOT NULL AND currency = NEW.currency FOR NO KEY UPDATE;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'a credit note credits an issued invoice in its currency'
                USING ERRCODE = 'check_violation';
        END IF;
        PERFORM accounts_check_credit(NEW.id, NEW.credits_id);
    END IF;
    SELECT sum(net) INTO net_sum FROM accounts_invoiceline WHERE invoice_id = NEW.id;
    -- The tax of a credit note is what its lines add to those of the notes before it, so that
    -- notes which credit everything credit all of the tax.
    SELECT sum(round((before + own) * percent / 100, NEW.minor_units)
               - round(before * percent / 100, NEW.minor_units)) INTO tax_sum
        FROM (
            SELECT line.tax_percent AS percent, sum(line.net) AS own, coalesce((
                SELECT sum(earlier.net) FROM accounts_invoiceline earlier
                JOIN accounts_invoice note ON note.id = earlier.invoice_id
                WHERE NEW.kind = 'credit_note' AND note.credits_id = NEW.credits_id
                AND note.issued_at IS NOT NULL AND earlier.tax_percent = line.tax_percent
            ), 0) AS before
            FROM accounts_invoiceline line WHERE line.invoice_id = NEW.id GROUP BY line.tax_percent
        ) rates;
    IF (NEW.net, NEW.tax) IS DISTINCT FROM (net_sum, tax_sum) THEN
        RAISE EXCEPTION 'net % and tax % are not the sums % and % of the lines',
            NEW.net, NEW.tax, net_sum, tax_sum USING ERRCODE = 'check_violation';
    END IF;
    prefix := CASE NEW.kind WHEN 'invoice' THEN 'INV' ELSE 'CN' END;
    NEW.year := extract(year FROM NEW.issued_on);
    INSERT INTO accounts_invoicecounter AS counter (kind, year, last) VALUES (NEW.kind, NEW.year, 1)
        ON CONFLICT (kind, year) DO UPDATE SET last = counter.last + 1
        RETURNING last INTO NEW.sequence;
    NEW.number := format('%s-%s-%s', prefix, NEW.year, lpad(NEW.sequence::text,
        greatest(5, length(NEW.sequence::text)), '0'));
    RETURN NEW;
END $$
"""

# Each line is rounded once; a line for searches counts what its entries of the ledger count. The
# ledger shows its rows to the agency alone, so its scope is open for as long as they are summed.
CHECK_LINES = """
CREATE FUNCTION accounts_check_lines(p_invoice bigint, p_agency bigint, p_minor integer)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    wrong bigint;
    scope text := coalesce(current_setting('candor.agency_id', true), '');
BEGIN
    PERFORM set_config('candor.agency_id', p_agency::text, true);
    SELECT line.id INTO wrong FROM accounts_invoiceline line
        JOIN accounts_licenseversion version ON version.id = line.license_version_id
        JOIN accounts_license license ON license.id = version.license_id
        WHERE line.invoice_id = p_invoice AND (
            line.net <> round(line.quantity * line.unit_price, p_minor)
            OR (line.kind = 'overage' AND line.quantity IS DISTINCT FROM (
                SELECT sum(entry.quantity) FROM accounts_billedusage billed
                JOIN accounts_usageentry entry ON entry.id = billed.entry_id
                WHERE billed.line_id = line.id AND entry.overage
                AND entry.license_number = license.number
                AND entry.license_version = version.version
            ))
        ) LIMIT 1;
    PERFORM set_config('candor.agency_id', scope, true);
    IF wrong IS NOT NULL THEN
        RAISE EXCEPTION 'line % does not add up', wrong USING ERRCODE = 'check_violation';
    END IF;
END $$
"""

# No line is credited beyond its amount, whatever its sign, nor at another rate of tax.
CHECK_CREDIT = """
CREATE FUNCTION accounts_check_credit(p_note bigint, p_invoice bigint)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM accounts_invoiceline own
        LEFT JOIN accounts_invoiceline line ON line.id = own.credits_line_id
        WHERE own.invoice_id = p_note AND (
            line.invoice_id IS DISTINCT FROM p_invoice OR line.tax_percent <> own.tax_percent
        );
    IF FOUND THEN
        RAISE EXCEPTION 'a credit note credits lines of its invoice'
            USING ERRCODE = 'check_violation';
    END IF;
    PERFORM 1 FROM accounts_invoiceline line
        JOIN accounts_invoiceline own ON own.credits_line_id = line.id
        JOIN accounts_invoice note ON note.id = own.invoice_id
        WHERE line.invoice_id = p_invoice AND (note.issued_at IS NOT NULL OR note.id = p_note)
        GROUP BY line.id, line.net
        HAVING sum(own.net) * sign(line.net) < 0 OR abs(sum(own.net)) > abs(line.net);
    IF FOUND THEN
        RAISE EXCEPTION 'a line is credited beyond its amount' USING ERRCODE = 'check_violation';
    END IF;
END $$
"""

# An invoice that was credited in full is void, and what it billed may be billed anew.
RELEASE = """
CREATE FUNCTION accounts_release_void() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF accounts_is_void(NEW.credits_id) THEN
        UPDATE accounts_billedusage SET void = true WHERE line_id IN
            (SELECT id FROM accounts_invoiceline WHERE invoice_id = NEW.credits_id);
        UPDATE accounts_invoiceline SET void = true WHERE invoice_id IN
            (SELECT id FROM accounts_invoice WHERE NEW.credits_id IN (id, credits_id));
    END IF;
    RETURN NULL;
END $$
"""
IS_VOID = """
CREATE FUNCTION accounts_is_void(p_invoice bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT invoice.total <= (SELECT sum(note.total) FROM accounts_invoice note
        WHERE note.credits_id = invoice.id AND note.issued_at IS NOT NULL)
    FROM accounts_invoice invoice WHERE invoice.id = p_invoice
$$
"""

# The lock makes a line that is being added wait for an invoice that is being issued.
GUARD_LINE = """
CREATE FUNCTION accounts_guard_line() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    parent accounts_invoice;
    old_row jsonb;
    new_row jsonb;
BEGIN
    old_row := CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END;
    new_row := CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END;
    IF TG_TABLE_NAME = 'accounts_invoiceline' THEN
        SELECT * INTO parent FROM accounts_invoice
            WHERE id = (coalesce(new_row, old_row) ->> 'invoice_id')::bigint FOR SHARE;
    ELSE
        SELECT * INTO parent FROM accounts_invoice WHERE id = (
            SELECT invoice_id FROM accounts_invoiceline
            WHERE id = (coalesce(new_row, old_row) ->> 'line_id')::bigint) FOR SHARE;
    END IF;
    IF TG_OP = 'UPDATE' AND parent.issued_at IS NOT NULL AND new_row = old_row || '{"void": true}'
        AND accounts_is_void(coalesce(parent.credits_id, parent.id))
    THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'UPDATE' OR parent.issued_at IS NOT NULL OR (new_row ->> 'void')::boolean THEN
        RAISE EXCEPTION 'lines do not change, and stay when they are issued'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$
"""

GUARD_PAYMENT = """
CREATE FUNCTION accounts_guard_payment() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    paid_for accounts_invoice;
    paid numeric;
    credited numeric;
BEGIN
    SELECT * INTO paid_for FROM accounts_invoice WHERE id = NEW.invoice_id FOR NO KEY UPDATE;
    IF paid_for.issued_at IS NULL OR paid_for.kind <> 'invoice' THEN
        RAISE EXCEPTION 'payments are for issued invoices' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.amount <> round(NEW.amount, paid_for.minor_units) THEN
        RAISE EXCEPTION 'no such coin in %', paid_for.currency USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.reverses_id IS NOT NULL THEN
        PERFORM 1 FROM accounts_payment WHERE id = NEW.reverses_id AND reverses_id IS NULL
            AND invoice_id = NEW.invoice_id AND amount = -NEW.amount;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'a reversal undoes one payment exactly'
                USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    SELECT coalesce(sum(amount), 0) INTO paid FROM accounts_payment
        WHERE invoice_id = NEW.invoice_id;
    SELECT coalesce(sum(total), 0) INTO credited FROM accounts_invoice
        WHERE credits_id = NEW.invoice_id AND issued_at IS NOT NULL;
    IF paid + credited + NEW.amount > paid_for.total THEN
        RAISE EXCEPTION 'more than is owed' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$
"""

# The platform sees sums of the ledger and no entry: these run with the rights of the caller and
# leave rows of their own only.
UNBILLED = """
CREATE FUNCTION accounts_unbilled_overage(p_agency bigint)
RETURNS TABLE (license_number text, license_version integer, period text, quantity bigint)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    scope text := coalesce(current_setting('candor.agency_id', true), '');
BEGIN
    IF coalesce(current_setting('candor.platform', true), '') <> 'on' THEN
        RAISE EXCEPTION 'for the platform' USING ERRCODE = 'insufficient_privilege';
    END IF;
    PERFORM set_config('candor.agency_id', p_agency::text, true);
    RETURN QUERY SELECT e.license_number::text, e.license_version, e.period::text,
            sum(e.quantity)::bigint
        FROM accounts_usageentry e WHERE e.agency_id = p_agency AND e.overage AND NOT EXISTS (
            SELECT FROM accounts_billedusage b WHERE b.entry_id = e.id AND NOT b.void)
        GROUP BY e.license_number, e.license_version, e.period
        ORDER BY e.period, e.license_version;
    PERFORM set_config('candor.agency_id', scope, true);
END $$
"""
BILL_OVERAGE = """
CREATE FUNCTION accounts_bill_overage(
    p_line bigint, p_agency bigint, p_number text, p_version integer, p_period text
) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    billed bigint;
    scope text := coalesce(current_setting('candor.agency_id', true), '');
BEGIN
    IF coalesce(current_setting('candor.platform', true), '') <> 'on' THEN
        RAISE EXCEPTION 'for the platform' USING ERRCODE = 'insufficient_privilege';
    END IF;
    PERFORM set_config('candor.agency_id', p_agency::text, true);
    WITH taken AS (
        INSERT INTO accounts_billedusage (agency_id, line_id, entry_id, void)
        SELECT p_agency, p_line, e.id, false FROM accounts_usageentry e
            WHERE e.agency_id = p_agency AND e.overage AND e.license_number = p_number
            AND e.license_version = p_version AND e.period = p_period AND NOT EXISTS (
                SELECT FROM accounts_billedusage b WHERE b.entry_id = e.id AND NOT b.void)
        RETURNING entry_id
    )
    SELECT coalesce(sum(e.quantity), 0) INTO billed
        FROM taken JOIN accounts_usageentry e ON e.id = taken.entry_id;
    PERFORM set_config('candor.agency_id', scope, true);
    RETURN billed;
END $$
"""

FUNCTIONS = [
    IS_VOID, CHECK_LINES, CHECK_CREDIT, GUARD_INVOICE, RELEASE, GUARD_LINE, GUARD_PAYMENT,
    UNBILLED, BILL_OVERAGE,
]  # fmt: skip


def trigger(name: str, when: str, table: str, function: str) -> str:
    return (
        f"CREATE TRIGGER {name} {when} ON accounts_{table}"
        f" FOR EACH ROW EXECUTE FUNCTION accounts_{function}()"
    )


WRITES = "BEFORE INSERT OR UPDATE OR DELETE"
TRIGGERS = [
    trigger("accounts_guard_invoice", WRITES, "invoice", "guard_invoice"),
    trigger("accounts_guard_line", WRITES, "invoiceline", "guard_line"),
    trigger("accounts_guard_line", WRITES, "billedusage", "guard_line"),
    trigger("accounts_guard_payment", "BEFORE INSERT", "payment", "guard_payment"),
    "CREATE TRIGGER accounts_release_void AFTER UPDATE ON accounts_invoice FOR EACH ROW"
    " WHEN (OLD.issued_at IS NULL AND NEW.issued_at IS NOT NULL AND NEW.credits_id IS NOT NULL)"
    " EXECUTE FUNCTION accounts_release_void()",
    *(
        trigger(f"accounts_{table}_append_only", "BEFORE UPDATE OR DELETE", table, "refuse_change")
        for table in ("payment", "dunningreminder")
    ),
    *(
        f"CREATE TRIGGER accounts_{table}_no_truncate BEFORE TRUNCATE ON accounts_{table}"
        " FOR EACH STATEMENT EXECUTE FUNCTION accounts_refuse_change()"
        for table in ("invoice", "invoiceline", "billedusage", "payment", "dunningreminder")
    ),
    append_only_sql("accounts_payment"),
    append_only_sql("accounts_dunningreminder"),
    append_only_sql("accounts_invoicecounter"),
    append_only_sql("accounts_invoicecounter").replace("UPDATE, DELETE, TRUNCATE", "INSERT"),
]

# Agencies read what was issued to them, and no draft.
ISSUED_ONLY = [
    "ALTER POLICY also_read ON accounts_invoice"
    f" USING (agency_id = {CURRENT_AGENCY} AND issued_at IS NOT NULL)",
    "ALTER POLICY also_read ON accounts_invoiceline"
    f" USING (agency_id = {CURRENT_AGENCY} AND EXISTS"
    " (SELECT FROM accounts_invoice i WHERE i.id = invoice_id))",
    "ALTER POLICY also_read ON accounts_billedusage"
    f" USING (agency_id = {CURRENT_AGENCY} AND EXISTS"
    " (SELECT FROM accounts_invoiceline l WHERE l.id = line_id))",
    *policy_sql("accounts_taxrate", own=IS_PLATFORM),
]


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0021_quota"),
    ]

    operations = [
        migrations.CreateModel(
            name="Invoice",
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
                        choices=[("invoice", "Invoice"), ("credit_note", "Credit note")],
                        editable=False,
                        max_length=12,
                        verbose_name="kind",
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=500, verbose_name="reason")),
                (
                    "currency",
                    models.CharField(editable=False, max_length=3, verbose_name="currency"),
                ),
                ("minor_units", models.PositiveSmallIntegerField(editable=False)),
                ("language", models.CharField(editable=False, max_length=2)),
                (
                    "drafted_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(),
                        editable=False,
                        verbose_name="drafted",
                    ),
                ),
                (
                    "drafted_by_label",
                    models.CharField(editable=False, max_length=254, verbose_name="drafted by"),
                ),
                (
                    "number",
                    models.CharField(
                        blank=True, editable=False, max_length=20, verbose_name="number"
                    ),
                ),
                ("year", models.PositiveSmallIntegerField(editable=False, null=True)),
                ("sequence", models.PositiveIntegerField(editable=False, null=True)),
                (
                    "issued_at",
                    models.DateTimeField(editable=False, null=True, verbose_name="issued"),
                ),
                (
                    "issued_by_label",
                    models.CharField(
                        blank=True, editable=False, max_length=254, verbose_name="issued by"
                    ),
                ),
                ("issued_on", models.DateField(editable=False, null=True, verbose_name="date")),
                ("due_on", models.DateField(editable=False, null=True, verbose_name="due")),
                ("overdue_at", models.DateTimeField(editable=False, null=True)),
                (
                    "net",
                    models.DecimalField(
                        decimal_places=4,
                        editable=False,
                        max_digits=18,
                        null=True,
                        verbose_name="net",
                    ),
                ),
                (
                    "tax",
                    models.DecimalField(
                        decimal_places=4,
                        editable=False,
                        max_digits=18,
                        null=True,
                        verbose_name="tax",
                    ),
                ),
                (
                    "total",
                    models.DecimalField(
                        decimal_places=4,
                        editable=False,
                        max_digits=18,
                        null=True,
                        verbose_name="total",
                    ),
                ),
                ("frozen", models.JSONField(editable=False, null=True)),
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
                    "credits",
                    portal.tenancy.TenantForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="credit_notes",
                        to="accounts.invoice",
                        verbose_name="credits",
                    ),
                ),
                (
                    "license",
                    portal.tenancy.TenantForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="invoices",
                        to="accounts.license",
                        verbose_name="license",
                    ),
                ),
            ],
            options={
                "verbose_name": "invoice",
                "verbose_name_plural": "invoices",
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="DunningReminder",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("level", models.PositiveSmallIntegerField(verbose_name="level")),
                ("sent_to", models.EmailField(max_length=254, verbose_name="sent to")),
                (
                    "sent_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(),
                        editable=False,
                        verbose_name="sent",
                    ),
                ),
                (
                    "sent_by_label",
                    models.CharField(editable=False, max_length=254, verbose_name="sent by"),
                ),
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
                    "invoice",
                    portal.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reminders",
                        to="accounts.invoice",
                        verbose_name="invoice",
                    ),
                ),
            ],
            options={
                "verbose_name": "reminder",
                "verbose_name_plural": "reminders",
                "ordering": ["invoice_id", "level"],
            },
        ),
        migrations.CreateModel(
            name="CreditNote",
            fields=[],
            options={
                "verbose_name": "credit note",
                "verbose_name_plural": "credit notes",
                "proxy": True,
                "indexes": [],
                "constraints": [],
            },
            bases=("accounts.invoice",),
        ),
        migrations.CreateModel(
            name="InvoiceCounter",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kind", models.CharField(max_length=12)),
                ("year", models.PositiveSmallIntegerField()),
                ("last", models.PositiveIntegerField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("kind", "year"), name="invoice_counter_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="InvoiceLine",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("position", models.PositiveSmallIntegerField(verbose_name="position")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("subscription", "Subscription"),
                            ("adjustment", "Amendment"),
                            ("overage", "Searches beyond the limit"),
                            ("credit", "Credit"),
                        ],
                        max_length=12,
                        verbose_name="kind",
                    ),
                ),
                ("description", models.CharField(max_length=500, verbose_name="description")),
                ("first_day", models.DateField(verbose_name="from")),
                ("last_day", models.DateField(verbose_name="to")),
                (
                    "quantity",
                    models.DecimalField(decimal_places=3, max_digits=14, verbose_name="quantity"),
                ),
                (
                    "unit_price",
                    models.DecimalField(decimal_places=6, max_digits=20, verbose_name="unit price"),
                ),
                ("net", models.DecimalField(decimal_places=4, max_digits=18, verbose_name="net")),
                ("tax_name", models.CharField(max_length=60, verbose_name="tax")),
                (
                    "tax_percent",
                    models.DecimalField(decimal_places=3, max_digits=6, verbose_name="percent"),
                ),
                ("void", models.BooleanField(default=False)),
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
                    "credits_line",
                    portal.tenancy.TenantForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="credit_lines",
                        to="accounts.invoiceline",
                    ),
                ),
                (
                    "invoice",
                    portal.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="lines",
                        to="accounts.invoice",
                    ),
                ),
                (
                    "license_version",
                    portal.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="invoice_lines",
                        to="accounts.licenseversion",
                    ),
                ),
            ],
            options={
                "verbose_name": "line",
                "verbose_name_plural": "lines",
                "ordering": ["invoice_id", "position"],
            },
        ),
        migrations.CreateModel(
            name="BilledUsage",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("void", models.BooleanField(default=False)),
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
                    "entry",
                    portal.tenancy.TenantForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.usageentry",
                    ),
                ),
                (
                    "line",
                    portal.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="usage",
                        to="accounts.invoiceline",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Payment",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("received_on", models.DateField(verbose_name="received on")),
                (
                    "amount",
                    models.DecimalField(decimal_places=4, max_digits=18, verbose_name="amount"),
                ),
                ("bank_reference", models.CharField(max_length=140, verbose_name="bank reference")),
                ("reason", models.CharField(blank=True, max_length=500, verbose_name="reason")),
                (
                    "recorded_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(),
                        editable=False,
                        verbose_name="recorded",
                    ),
                ),
                (
                    "recorded_by_label",
                    models.CharField(editable=False, max_length=254, verbose_name="recorded by"),
                ),
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
                    "invoice",
                    portal.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="payments",
                        to="accounts.invoice",
                        verbose_name="invoice",
                    ),
                ),
                (
                    "reverses",
                    portal.tenancy.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reversals",
                        to="accounts.payment",
                        verbose_name="reverses",
                    ),
                ),
            ],
            options={
                "verbose_name": "payment",
                "verbose_name_plural": "payments",
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="TaxRate",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=60, unique=True, verbose_name="name")),
                (
                    "percent",
                    models.DecimalField(
                        decimal_places=3,
                        max_digits=6,
                        validators=[
                            django.core.validators.MinValueValidator(Decimal("0")),
                            django.core.validators.MaxValueValidator(Decimal("100")),
                        ],
                        verbose_name="percent",
                    ),
                ),
                ("offered", models.BooleanField(default=True, verbose_name="offered for accounts")),
            ],
            options={
                "verbose_name": "tax rate",
                "verbose_name_plural": "tax rates",
                "ordering": ["name"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("percent__gte", 0), ("percent__lte", 100)),
                        name="tax_rate_percent",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="BillingAccount",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("legal_name", models.CharField(max_length=200, verbose_name="name on invoices")),
                ("address", models.TextField(max_length=500, verbose_name="address")),
                (
                    "contact_name",
                    models.CharField(blank=True, max_length=150, verbose_name="billing contact"),
                ),
                (
                    "contact_email",
                    models.EmailField(max_length=254, verbose_name="e-mail of the billing contact"),
                ),
                (
                    "language",
                    models.CharField(
                        choices=[("en", "English"), ("fr", "French")],
                        default="en",
                        max_length=2,
                        verbose_name="language of invoices",
                    ),
                ),
                ("tax_id", models.CharField(blank=True, max_length=40, verbose_name="tax number")),
                (
                    "buyer_reference",
                    models.CharField(
                        blank=True, max_length=80, verbose_name="the agency's reference"
                    ),
                ),
                (
                    "payment_terms_days",
                    models.PositiveSmallIntegerField(
                        default=30,
                        validators=[django.core.validators.MaxValueValidator(365)],
                        verbose_name="days to pay",
                    ),
                ),
                (
                    "schedule",
                    models.CharField(
                        choices=[
                            ("term", "The whole term in advance"),
                            ("yearly", "Every year of the term in advance"),
                            ("monthly", "Every month of the term in advance"),
                        ],
                        default="term",
                        max_length=10,
                        verbose_name="billed",
                    ),
                ),
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
                    "tax_rate",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.taxrate",
                        verbose_name="tax rate",
                    ),
                ),
            ],
            options={
                "verbose_name": "billing account",
                "verbose_name_plural": "billing accounts",
                "ordering": ["legal_name"],
            },
        ),
        migrations.AddIndex(
            model_name="invoice",
            index=models.Index(fields=["agency", "-id"], name="invoice_of_agency"),
        ),
        migrations.AddIndex(
            model_name="invoice",
            index=models.Index(fields=["issued_on"], name="invoice_by_day"),
        ),
        migrations.AddIndex(
            model_name="invoice",
            index=models.Index(fields=["credits"], name="invoice_credited"),
        ),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=models.UniqueConstraint(
                fields=("kind", "year", "sequence"), name="invoice_sequence"
            ),
        ),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=models.UniqueConstraint(
                condition=models.Q(("number", ""), _negated=True),
                fields=("number",),
                name="invoice_number_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["invoice", "credit_note"])), name="invoice_kind"
            ),
        ),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("credits", None), ("kind", "invoice")),
                    models.Q(
                        ("credits__isnull", False),
                        ("kind", "credit_note"),
                        models.Q(("reason", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="invoice_credit_note_credits",
            ),
        ),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("issued_at", None),
                        ("issued_on", None),
                        ("number", ""),
                        ("sequence", None),
                        ("total", None),
                        ("year", None),
                    ),
                    models.Q(
                        ("due_on__gte", models.F("issued_on")),
                        ("frozen__isnull", False),
                        ("issued_at__isnull", False),
                        ("issued_on__isnull", False),
                        ("net__isnull", False),
                        ("number__regex", "^(INV|CN)-[0-9]{4}-[0-9]{5,}$"),
                        ("overdue_at__isnull", False),
                        ("sequence__isnull", False),
                        ("tax__isnull", False),
                        (
                            "total",
                            django.db.models.expressions.CombinedExpression(
                                models.F("net"), "+", models.F("tax")
                            ),
                        ),
                        ("total__gt", 0),
                        ("year__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="invoice_issued_whole",
            ),
        ),
        migrations.AddConstraint(
            model_name="dunningreminder",
            constraint=models.UniqueConstraint(
                fields=("invoice", "level"), name="reminder_once_a_level"
            ),
        ),
        migrations.AddConstraint(
            model_name="dunningreminder",
            constraint=models.CheckConstraint(
                condition=models.Q(("level__gte", 1), ("level__lte", 3)),
                name="reminder_known_level",
            ),
        ),
        migrations.AddIndex(
            model_name="invoiceline",
            index=models.Index(fields=["license_version"], name="invoice_line_version"),
        ),
        migrations.AddConstraint(
            model_name="invoiceline",
            constraint=models.UniqueConstraint(
                fields=("invoice", "position"), name="invoice_line_position"
            ),
        ),
        migrations.AddConstraint(
            model_name="invoiceline",
            constraint=models.UniqueConstraint(
                condition=models.Q(("kind__in", ["subscription", "adjustment"]), ("void", False)),
                fields=("license_version", "kind", "first_day"),
                name="invoice_line_billed_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="invoiceline",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("kind__in", ["subscription", "adjustment", "overage", "credit"])
                ),
                name="invoice_line_kind",
            ),
        ),
        migrations.AddConstraint(
            model_name="invoiceline",
            constraint=models.CheckConstraint(
                condition=models.Q(("last_day__gte", models.F("first_day")), ("quantity__gt", 0)),
                name="invoice_line_days_in_order",
            ),
        ),
        migrations.AddConstraint(
            model_name="invoiceline",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "credit"), _negated=True),
                    ("credits_line__isnull", False),
                    _connector="OR",
                ),
                name="invoice_line_credit_traces",
            ),
        ),
        migrations.AddIndex(
            model_name="billedusage",
            index=models.Index(fields=["line"], name="billed_usage_line"),
        ),
        migrations.AddConstraint(
            model_name="billedusage",
            constraint=models.UniqueConstraint(
                condition=models.Q(("void", False)), fields=("entry",), name="billed_usage_once"
            ),
        ),
        migrations.AddIndex(
            model_name="payment",
            index=models.Index(fields=["invoice"], name="payment_of_invoice"),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.UniqueConstraint(fields=("reverses",), name="payment_reversed_once"),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("amount__gt", 0), ("reverses", None)),
                    models.Q(
                        ("amount__lt", 0),
                        ("reverses__isnull", False),
                        models.Q(("reason", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="payment_sign",
            ),
        ),
        migrations.AddConstraint(
            model_name="billingaccount",
            constraint=models.UniqueConstraint(fields=("agency",), name="billing_account_one"),
        ),
        migrations.AddConstraint(
            model_name="billingaccount",
            constraint=models.CheckConstraint(
                condition=models.Q(("payment_terms_days__lte", 365)), name="billing_account_terms"
            ),
        ),
        migrations.AddConstraint(
            model_name="billingaccount",
            constraint=models.CheckConstraint(
                condition=models.Q(("schedule__in", ["term", "yearly", "monthly"])),
                name="billing_account_schedule",
            ),
        ),
        migrations.AddConstraint(
            model_name="billingaccount",
            constraint=models.CheckConstraint(
                condition=models.Q(("language__in", ["en", "fr"])), name="billing_account_language"
            ),
        ),
        ProtectLicensing("BillingAccount"),
        ProtectLicensing("Invoice"),
        ProtectLicensing("InvoiceLine"),
        ProtectLicensing("BilledUsage"),
        ProtectLicensing("Payment"),
        ProtectLicensing("DunningReminder"),
        migrations.RunSQL(FUNCTIONS, migrations.RunSQL.noop),
        migrations.RunSQL(TRIGGERS, migrations.RunSQL.noop),
        migrations.RunSQL(ISSUED_ONLY, migrations.RunSQL.noop),
    ]
