"""Examiners of other agencies: what lets one examine, in the database.

Nobody examines at an agency but its active members and whom a loan names that holds now: granted
for this very round, not ended, to an examiner whose own agency works and lends.
"""

import uuid

import django.db.models.deletion
from django.db import migrations, models

import portal.tenancy
from portal.rowsecurity import CURRENT_AGENCY, ProtectTenant, policy_sql

# Looks into the lending agency by its own scope, and comes back before it answers.
LENDS = """
CREATE FUNCTION searches_lends(p_agency bigint, p_user bigint) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    before text := coalesce(current_setting('candor.agency_id', true), '');
    does_lend boolean;
BEGIN
    PERFORM set_config('candor.agency_id', p_agency::text, true);
    does_lend := EXISTS (
        SELECT FROM accounts_agency a
        JOIN accounts_membership m ON m.agency_id = a.id AND m.user_id = p_user
        JOIN accounts_user u ON u.id = m.user_id
        WHERE a.id = p_agency AND a.state IN ('trial', 'active') AND u.is_active
            AND m.deactivated_at IS NULL AND 'examiner' = ANY (m.roles)
    ) AND coalesce((
        SELECT p.lend_examiners FROM accounts_securitypolicy p
        WHERE p.agency_id = p_agency ORDER BY p.number DESC LIMIT 1
    ), false);
    PERFORM set_config('candor.agency_id', before, true);
    RETURN does_lend;
END $$;
-- The loan's row is held, so that a withdrawal waits for what is done by it, or comes before.
CREATE FUNCTION searches_is_lent(p_agency bigint, p_search uuid, p_round int, p_user bigint)
RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    lender bigint;
BEGIN
    FOR lender IN SELECT l.lending_agency_id FROM searches_examinerloan l
        WHERE l.agency_id = p_agency AND l.search_id = p_search AND l.round = p_round
        AND l.borrowed_id = p_user AND l.revoked_at IS NULL AND l.declined_at IS NULL
        AND l.expires_at > clock_timestamp() FOR SHARE
    LOOP
        IF searches_lends(lender, p_user) THEN
            RETURN true;
        END IF;
    END LOOP;
    RETURN false;
END $$
"""

LOAN = """
CREATE FUNCTION searches_guard_loan() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF searches_destroying(OLD.agency_id) THEN
            RETURN OLD;
        END IF;
        RAISE EXCEPTION 'a loan is not deleted' USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'INSERT' THEN
        PERFORM searches_require_round(NEW.agency_id, NEW.search_id, NEW.round);
        NEW.granted_at := now();
        IF NEW.looked_up_at IS NOT NULL OR NEW.opened_at IS NOT NULL OR NEW.revoked_at IS NOT NULL
            OR NEW.declined_at IS NOT NULL OR length(NEW.reason_sealed) = 0
            OR NEW.expires_at <= now() OR NEW.expires_at > now() + interval '30 days 1 minute' THEN
            RAISE EXCEPTION 'loan_begins: with a reason, for 30 days at most, known to nobody'
                USING ERRCODE = 'check_violation';
        END IF;
        IF EXISTS (SELECT FROM searches_search s WHERE s.agency_id = NEW.agency_id
                AND s.id = NEW.search_id AND s.requested_by_id = NEW.asked_by_id) THEN
            RAISE EXCEPTION 'own_search: nobody chooses who examines their own search'
                USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.id, NEW.agency_id, NEW.search_id, NEW.round, NEW.email, NEW.asked_by_id,
            NEW.asked_by_label, NEW.granted_at, NEW.expires_at)
        IS DISTINCT FROM (OLD.id, OLD.agency_id, OLD.search_id, OLD.round, OLD.email,
            OLD.asked_by_id, OLD.asked_by_label, OLD.granted_at, OLD.expires_at)
        OR (NEW.reason_sealed <> OLD.reason_sealed AND NOT (length(NEW.reason_sealed) = 0
            AND searches_content_gone(NEW.agency_id, NEW.search_id)))
        OR (OLD.looked_up_at IS NOT NULL AND (NEW.looked_up_at, NEW.borrowed_id, NEW.lending_agency_id)
            IS DISTINCT FROM (OLD.looked_up_at, OLD.borrowed_id, OLD.lending_agency_id))
        OR (OLD.opened_at IS NOT NULL AND NEW.opened_at IS DISTINCT FROM OLD.opened_at)
        OR (OLD.revoked_at IS NOT NULL AND (NEW.revoked_at, NEW.revoked_by_label)
            IS DISTINCT FROM (OLD.revoked_at, OLD.revoked_by_label))
        OR (OLD.declined_at IS NOT NULL AND (NEW.declined_at, NEW.declined_by_id)
            IS DISTINCT FROM (OLD.declined_at, OLD.declined_by_id)) THEN
        RAISE EXCEPTION 'loan_fixed: a loan does not change, it ends' USING ERRCODE = 'check_violation';
    END IF;
    IF (NEW.opened_at IS NOT NULL OR NEW.declined_at IS NOT NULL) AND NEW.borrowed_id IS NULL THEN
        RAISE EXCEPTION 'loan_to_nobody: nobody has this loan' USING ERRCODE = 'check_violation';
    END IF;
    -- The lending agency's consent, asked of itself.
    IF OLD.borrowed_id IS NULL AND NEW.borrowed_id IS NOT NULL
        AND NOT searches_lends(NEW.lending_agency_id, NEW.borrowed_id) THEN
        RAISE EXCEPTION 'not_lending: that agency does not lend this person'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER searches_guard_loan BEFORE INSERT OR UPDATE OR DELETE ON searches_examinerloan
    FOR EACH ROW EXECUTE FUNCTION searches_guard_loan()
"""

# Who has the role in the agency, or is lent to it for this round. It is asked when an examination
# begins and ends, and whenever something comes into it: what ends a loan, or a membership, ends the
# work under way.
STRANGER = """
CREATE OR REPLACE FUNCTION searches_may_examine(p_agency bigint, p_search uuid, p_round int, p_user bigint)
RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    RETURN searches_has_role(p_agency, p_user, CASE p_round WHEN 3 THEN 'supervisor' ELSE 'examiner' END)
        OR searches_is_lent(p_agency, p_search, p_round, p_user);
END $$;
CREATE FUNCTION searches_guard_strange_item() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    e searches_examination;
BEGIN
    SELECT * INTO e FROM searches_examination WHERE agency_id = NEW.agency_id AND id = NEW.examination_id;
    PERFORM searches_require_examiner_role(e);
    RETURN NEW;
END $$;
CREATE TRIGGER searches_guard_strange_item BEFORE UPDATE ON searches_examinationitem
    FOR EACH ROW EXECUTE FUNCTION searches_guard_strange_item()
"""


class ProtectLoans(ProtectTenant):
    """The lending agency reads which of its people are lent to whom and until when."""

    def policies(self, table: str) -> list[str]:
        return policy_sql(table, also_read=f"lending_agency_id = {CURRENT_AGENCY}")


class Migration(migrations.Migration):
    dependencies = [
        ("searches", "0008_procedure_rules"),
        ("accounts", "0025_lend_examiners"),
    ]

    operations = [
        migrations.CreateModel(
            name="ExaminerLoan",
            fields=[
                ("agency_id", models.BigIntegerField(editable=False)),
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("round", models.PositiveSmallIntegerField()),
                ("email", models.EmailField(max_length=254, verbose_name="e-mail address")),
                ("reason_sealed", models.BinaryField(default=b"", editable=False)),
                ("asked_by_id", models.BigIntegerField(editable=False)),
                ("asked_by_label", models.CharField(editable=False, max_length=254)),
                ("granted_at", models.DateTimeField(auto_now_add=True)),
                ("expires_at", models.DateTimeField()),
                ("looked_up_at", models.DateTimeField(editable=False, null=True)),
                ("borrowed_id", models.BigIntegerField(editable=False, null=True)),
                ("lending_agency_id", models.BigIntegerField(editable=False, null=True)),
                ("opened_at", models.DateTimeField(editable=False, null=True)),
                ("revoked_at", models.DateTimeField(editable=False, null=True)),
                (
                    "revoked_by_label",
                    models.CharField(blank=True, editable=False, max_length=254),
                ),
                ("declined_at", models.DateTimeField(editable=False, null=True)),
                ("declined_by_id", models.BigIntegerField(editable=False, null=True)),
                (
                    "search",
                    portal.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="loans",
                        to="searches.search",
                    ),
                ),
            ],
            options={
                "verbose_name": "loan of an examiner",
                "verbose_name_plural": "loans of examiners",
                "ordering": ["-granted_at"],
                "indexes": [
                    models.Index(
                        condition=models.Q(lending_agency_id__isnull=False),
                        fields=["lending_agency_id", "borrowed_id"],
                        name="loan_lent_out",
                    ),
                    models.Index(fields=["agency_id", "search"], name="loan_of_search"),
                ],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(round__in=[1, 2]), name="loan_round"),
                    models.CheckConstraint(
                        condition=models.Q(borrowed_id=None, lending_agency_id=None)
                        | models.Q(
                            borrowed_id__isnull=False,
                            lending_agency_id__isnull=False,
                            looked_up_at__isnull=False,
                        ),
                        name="loan_names_both",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(lending_agency_id=None)
                        | ~models.Q(lending_agency_id=models.F("agency_id")),
                        name="loan_from_another_agency",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(revoked_at=None) | models.Q(declined_at=None),
                        name="loan_one_end",
                    ),
                ],
            },
        ),
        ProtectLoans("ExaminerLoan"),
        *(migrations.RunSQL(sql, migrations.RunSQL.noop) for sql in (LENDS, LOAN, STRANGER)),
    ]
