"""Counters of quota, reservations and the usage ledger, and the functions that write them.

The application role may only read the three tables. Whatever changes them goes through the
functions below, each of which checks and counts in one conditional statement.
"""

import uuid

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

import portal.tenancy
from portal.rowsecurity import ProtectTenant

# Role names differ between installations, so the grantees are read from the catalogue.
READ_ONLY = """
DO $$ DECLARE role_name text; own_table text; BEGIN
    FOREACH own_table IN ARRAY ARRAY['accounts_quotacounter', 'accounts_quotareservation',
                                      'accounts_usageentry']
    LOOP
        FOR role_name IN SELECT DISTINCT g.grantee FROM information_schema.role_table_grants g
            WHERE g.table_name = own_table AND g.grantee NOT IN (current_user, 'PUBLIC')
        LOOP
            EXECUTE format(
                'REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON %I FROM %I', own_table, role_name
            );
        END LOOP;
    END LOOP;
END $$
"""

APPEND_ONLY = """
CREATE FUNCTION accounts_ledger_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'usage entries are append-only' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER usage_entry_append_only BEFORE UPDATE OR DELETE ON accounts_usageentry
    FOR EACH ROW EXECUTE FUNCTION accounts_ledger_refuse_change();
CREATE TRIGGER usage_entry_no_truncate BEFORE TRUNCATE ON accounts_usageentry
    FOR EACH STATEMENT EXECUTE FUNCTION accounts_ledger_refuse_change()
"""

# The counter's id, or NULL when the quantity does not fit; nothing is counted then. One statement:
# two that come at once wait for each other at the counter's row, and the second sees the first.
HOLD = """
CREATE FUNCTION accounts_quota_hold(
    p_agency bigint, p_license text, p_kind text, p_period text, p_allowed bigint, p_quantity bigint
) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    counter bigint;
BEGIN
    INSERT INTO accounts_quotacounter AS c
        (agency_id, license_number, kind, period, allowed, reserved, used)
    SELECT p_agency, p_license, p_kind, p_period, p_allowed, p_quantity, 0
        WHERE p_allowed IS NULL OR p_quantity <= p_allowed
    ON CONFLICT (agency_id, license_number, kind, period) DO UPDATE
        SET reserved = c.reserved + p_quantity, allowed = p_allowed
        WHERE p_allowed IS NULL OR c.used + c.reserved + p_quantity <= p_allowed
    RETURNING c.id INTO counter;
    RETURN counter;
END $$
"""

# Moves a reservation's quantity out of "reserved", into "used" or nowhere.
UNHOLD = """
CREATE FUNCTION accounts_quota_unhold(p_counter bigint, p_quantity bigint, p_used bigint)
RETURNS void LANGUAGE sql AS $$
    UPDATE accounts_quotacounter SET reserved = reserved - p_quantity, used = used + p_used
        WHERE id = p_counter
$$
"""

# A search counts for its month and for the term, or, when either is used up and the license allows
# it, as overage and for neither. The month's counter is always taken first: no deadlock.
# outcome: made, known (this key was reserved before) or used_up.
RESERVE = """
CREATE FUNCTION accounts_quota_reserve(
    p_key text, p_kind text, p_quantity bigint, p_purpose text, p_license text, p_version integer,
    p_month bigint, p_whole bigint, p_overage bigint, p_at timestamptz, p_expires timestamptz,
    p_commit boolean
) RETURNS TABLE (outcome text, reservation uuid)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    agency bigint := NULLIF(current_setting('candor.agency_id', true), '')::bigint;
    month text;
    month_id bigint;
    whole_id bigint;
    over boolean := false;
    made uuid;
BEGIN
    IF p_quantity IS NULL OR p_quantity < 1 OR p_kind NOT IN ('search', 'face') THEN
        RAISE EXCEPTION 'nothing that can be reserved' USING ERRCODE = 'check_violation';
    END IF;
    SELECT r.id INTO made FROM accounts_quotareservation r
        WHERE r.agency_id = agency AND r.key = p_key;
    IF FOUND THEN
        RETURN QUERY SELECT 'known', made;
        RETURN;
    END IF;
    SELECT to_char(p_at AT TIME ZONE a.time_zone, 'YYYY-MM') INTO STRICT month
        FROM accounts_agency a WHERE a.id = agency;
    IF p_kind = 'search' THEN
        month_id := accounts_quota_hold(agency, p_license, p_kind, month, p_month, p_quantity);
        IF month_id IS NOT NULL THEN
            whole_id := accounts_quota_hold(
                agency, p_license, p_kind, 'term', p_whole, p_quantity);
        END IF;
        IF whole_id IS NULL THEN
            PERFORM accounts_quota_unhold(month_id, p_quantity, 0);
            month_id := NULL;
            IF p_overage IS NOT NULL THEN
                over := true;
                whole_id := accounts_quota_hold(
                    agency, p_license, p_kind, 'overage', p_overage, p_quantity);
            END IF;
        END IF;
    ELSE
        whole_id := accounts_quota_hold(agency, '', p_kind, 'standing', p_whole, p_quantity);
    END IF;
    IF whole_id IS NULL THEN
        RETURN QUERY SELECT 'used_up', NULL::uuid;
        RETURN;
    END IF;
    INSERT INTO accounts_quotareservation
        (id, agency_id, key, kind, quantity, state, purpose, license_number, license_version,
         period, overage, monthly_id, whole_id, expires_at)
    VALUES (gen_random_uuid(), agency, p_key, p_kind, p_quantity, 'reserved', p_purpose, p_license,
            p_version, month, over, month_id, whole_id, p_expires)
    ON CONFLICT (agency_id, key) DO NOTHING RETURNING id INTO made;
    IF made IS NULL THEN -- the other half of a double click came first
        PERFORM accounts_quota_unhold(month_id, p_quantity, 0);
        PERFORM accounts_quota_unhold(whole_id, p_quantity, 0);
        RETURN QUERY SELECT 'known', r.id FROM accounts_quotareservation r
            WHERE r.agency_id = agency AND r.key = p_key;
        RETURN;
    END IF;
    IF p_commit THEN
        PERFORM accounts_quota_settle(p_key, 'committed');
    END IF;
    RETURN QUERY SELECT 'made', made;
END $$
"""

# The state that the reservation is in afterwards ("missing": there is none). Only one settlement
# ever counts: the first conditional UPDATE wins.
SETTLE = """
CREATE FUNCTION accounts_quota_settle(p_key text, p_state text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    agency bigint := NULLIF(current_setting('candor.agency_id', true), '')::bigint;
    r accounts_quotareservation;
    now_used bigint;
BEGIN
    IF p_state NOT IN ('committed', 'released', 'expired') THEN
        RAISE EXCEPTION 'no end of a reservation: %', p_state USING ERRCODE = 'check_violation';
    END IF;
    UPDATE accounts_quotareservation SET state = p_state, settled_at = now()
        WHERE agency_id = agency AND key = p_key AND state = 'reserved' RETURNING * INTO r;
    IF NOT FOUND THEN
        SELECT * INTO r FROM accounts_quotareservation WHERE agency_id = agency AND key = p_key;
        RETURN coalesce(r.state, 'missing');
    END IF;
    now_used := CASE WHEN p_state = 'committed' THEN r.quantity ELSE 0 END;
    IF r.monthly_id IS NOT NULL THEN
        PERFORM accounts_quota_unhold(r.monthly_id, r.quantity, now_used);
    END IF;
    PERFORM accounts_quota_unhold(r.whole_id, r.quantity, now_used);
    IF p_state = 'committed' THEN
        INSERT INTO accounts_usageentry
            (agency_id, kind, quantity, license_number, license_version, period, purpose, overage,
             key)
        VALUES (agency, r.kind, r.quantity, r.license_number, r.license_version, r.period,
                r.purpose, r.overage, r.id);
    END IF;
    RETURN p_state;
END $$
"""

# Counts people anew and answers whether they fit: after somebody was invited ("invitation") their
# seats and those of open invitations, after somebody joined ("member") people alone, and otherwise
# always.
SEATS = """
CREATE FUNCTION accounts_quota_seats(p_allowed bigint, p_max_tries integer, p_grown text)
RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    agency bigint := NULLIF(current_setting('candor.agency_id', true), '')::bigint;
    people bigint;
    invited bigint;
BEGIN
    SELECT count(*) INTO people FROM accounts_membership
        WHERE agency_id = agency AND deactivated_at IS NULL;
    SELECT count(*) INTO invited FROM accounts_invitation
        WHERE agency_id = agency AND accepted_at IS NULL AND revoked_at IS NULL
        AND tries < p_max_tries AND expires_at > clock_timestamp();
    IF (p_grown = 'invitation' AND people + invited > p_allowed)
        OR (p_grown = 'member' AND people > p_allowed) THEN
        RETURN false;
    END IF;
    INSERT INTO accounts_quotacounter AS c
        (agency_id, license_number, kind, period, allowed, reserved, used)
    VALUES (agency, '', 'seat', 'standing', p_allowed, invited, people)
    ON CONFLICT (agency_id, license_number, kind, period) DO UPDATE
        SET allowed = CASE WHEN p_grown = '' THEN c.allowed ELSE EXCLUDED.allowed END,
            reserved = EXCLUDED.reserved, used = EXCLUDED.used;
    RETURN true;
END $$
"""

# What the platform sees of use: sums for billing, and how full the limits are. It runs with the
# caller's rights and answers in the platform's scope only; no row of an agency comes out.
METERED_USE = """
CREATE FUNCTION accounts_metered_use(p_agency bigint)
RETURNS TABLE (license_number text, kind text, period text, overage boolean, quantity bigint,
               entries bigint, last_entry bigint) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    before text := coalesce(current_setting('candor.agency_id', true), '');
BEGIN
    IF coalesce(current_setting('candor.platform', true), '') <> 'on' THEN
        RAISE EXCEPTION 'for the platform' USING ERRCODE = 'insufficient_privilege';
    END IF;
    PERFORM set_config('candor.agency_id', p_agency::text, true);
    RETURN QUERY SELECT e.license_number::text, e.kind::text, e.period::text, e.overage,
            sum(e.quantity)::bigint, count(*), max(e.id)
        FROM accounts_usageentry e WHERE e.agency_id = p_agency
        GROUP BY e.license_number, e.kind, e.period, e.overage
        ORDER BY e.license_number, e.kind, e.period, e.overage;
    PERFORM set_config('candor.agency_id', before, true);
END $$
"""

METERED_QUOTA = """
CREATE FUNCTION accounts_metered_quota(p_agency bigint)
RETURNS TABLE (license_number text, kind text, period text, allowed bigint, reserved bigint,
               used bigint) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    before text := coalesce(current_setting('candor.agency_id', true), '');
BEGIN
    IF coalesce(current_setting('candor.platform', true), '') <> 'on' THEN
        RAISE EXCEPTION 'for the platform' USING ERRCODE = 'insufficient_privilege';
    END IF;
    PERFORM set_config('candor.agency_id', p_agency::text, true);
    RETURN QUERY SELECT c.license_number::text, c.kind::text, c.period::text, c.allowed,
            c.reserved, c.used
        FROM accounts_quotacounter c WHERE c.agency_id = p_agency
        ORDER BY c.license_number, c.kind, c.period;
    PERFORM set_config('candor.agency_id', before, true);
END $$
"""

FUNCTIONS = [
    (HOLD, "accounts_quota_hold(bigint, text, text, text, bigint, bigint)"),
    (UNHOLD, "accounts_quota_unhold(bigint, bigint, bigint)"),
    (SETTLE, "accounts_quota_settle(text, text)"),
    (
        RESERVE,
        "accounts_quota_reserve(text, text, bigint, text, text, integer, bigint, bigint, bigint,"
        " timestamptz, timestamptz, boolean)",
    ),
    (SEATS, "accounts_quota_seats(bigint, integer, text)"),
    (METERED_USE, "accounts_metered_use(bigint)"),
    (METERED_QUOTA, "accounts_metered_quota(bigint)"),
]


class Migration(migrations.Migration):
    dependencies = [("accounts", "0020_licenses")]

    operations = [
        migrations.RemoveField("agency", "seats"),
        migrations.CreateModel(
            name="QuotaCounter",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("agency_id", models.BigIntegerField(editable=False)),
                ("license_number", models.CharField(blank=True, max_length=30)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("search", "Searches"),
                            ("face", "Enrolled faces"),
                            ("seat", "Seats"),
                        ],
                        max_length=10,
                    ),
                ),
                ("period", models.CharField(max_length=10)),
                ("allowed", models.BigIntegerField(null=True)),
                ("reserved", models.BigIntegerField()),
                ("used", models.BigIntegerField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("agency_id", "license_number", "kind", "period"),
                        name="quota_counter_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("reserved__gte", 0), ("used__gte", 0)),
                        name="quota_counter_not_negative",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["search", "face", "seat"])),
                        name="quota_counter_kind",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="UsageEntry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("agency_id", models.BigIntegerField(editable=False)),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("search", "Searches"),
                            ("face", "Enrolled faces"),
                            ("seat", "Seats"),
                        ],
                        max_length=10,
                    ),
                ),
                ("quantity", models.BigIntegerField()),
                ("license_number", models.CharField(max_length=30)),
                ("license_version", models.IntegerField()),
                ("period", models.CharField(max_length=7)),
                ("purpose", models.CharField(blank=True, max_length=30)),
                ("overage", models.BooleanField()),
                ("key", models.UUIDField()),
            ],
            options={
                "verbose_name": "usage entry",
                "verbose_name_plural": "usage entries",
                "ordering": ["id"],
                "indexes": [
                    models.Index(
                        fields=["agency_id", "kind", "at"],
                        include=("purpose", "quantity", "overage"),
                        name="usage_entry_by_day",
                    ),
                    models.Index(
                        fields=["agency_id", "license_number", "kind", "period"],
                        name="usage_entry_billed",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("agency_id", "key"), name="usage_entry_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="UsageWarning",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("agency_id", models.BigIntegerField(editable=False)),
                ("license_number", models.CharField(blank=True, max_length=30)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("search", "Searches"),
                            ("face", "Enrolled faces"),
                            ("seat", "Seats"),
                        ],
                        max_length=10,
                    ),
                ),
                ("period", models.CharField(max_length=10)),
                ("percent", models.PositiveSmallIntegerField()),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("agency_id", "license_number", "kind", "period", "percent"),
                        name="usage_warning_once",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="QuotaReservation",
            fields=[
                ("agency_id", models.BigIntegerField(editable=False)),
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("key", models.CharField(max_length=80)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("search", "Searches"),
                            ("face", "Enrolled faces"),
                            ("seat", "Seats"),
                        ],
                        max_length=10,
                    ),
                ),
                ("quantity", models.BigIntegerField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("reserved", "Reserved"),
                            ("committed", "Used"),
                            ("released", "Given back"),
                            ("expired", "Expired"),
                        ],
                        max_length=10,
                    ),
                ),
                ("purpose", models.CharField(blank=True, max_length=30)),
                ("license_number", models.CharField(max_length=30)),
                ("license_version", models.IntegerField()),
                ("period", models.CharField(max_length=7)),
                ("overage", models.BooleanField()),
                (
                    "made_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
                ("expires_at", models.DateTimeField()),
                ("settled_at", models.DateTimeField(null=True)),
                (
                    "monthly",
                    portal.tenancy.TenantForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.quotacounter",
                    ),
                ),
                (
                    "whole",
                    portal.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.quotacounter",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "reserved")),
                        fields=["agency_id", "expires_at"],
                        name="quota_reservation_open",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("agency_id", "key"), name="quota_reservation_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("quantity__gt", 0)), name="quota_reservation_quantity"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ["reserved", "committed", "released", "expired"])
                        ),
                        name="quota_reservation_state",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("settled_at", None), ("state", "reserved")),
                            models.Q(
                                models.Q(("state", "reserved"), _negated=True),
                                ("settled_at__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="quota_reservation_settled",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("kind", "search"),
                                (
                                    "purpose__in",
                                    [
                                        "missing_person",
                                        "unidentified_person",
                                        "victim_identification",
                                        "serious_violent_offence",
                                        "identity_fraud",
                                    ],
                                ),
                            ),
                            models.Q(("kind", "face"), ("purpose", "")),
                            _connector="OR",
                        ),
                        name="quota_reservation_purpose",
                    ),
                ],
            },
        ),
        ProtectTenant("QuotaCounter"),
        ProtectTenant("QuotaReservation"),
        ProtectTenant("UsageEntry"),
        ProtectTenant("UsageWarning"),
        migrations.RunSQL(READ_ONLY, migrations.RunSQL.noop),
        migrations.RunSQL(APPEND_ONLY, migrations.RunSQL.noop),
        *(migrations.RunSQL(sql, f"DROP FUNCTION {name}") for sql, name in FUNCTIONS),
    ]
