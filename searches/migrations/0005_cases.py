"""Cases that answer for what is searched in them: purpose, owner, members, notes, cap, hold."""

import uuid

from django.db import migrations, models
from django.db.models.deletion import PROTECT
from django.db.models.functions import Lower

from portal.rowsecurity import ProtectTenant, append_only_sql
from portal.tenancy import TenantForeignKey
from searches.models.case import usual_cap

PURPOSES = [
    ("missing_person", "Missing person"),
    ("unidentified_person", "Unidentified deceased or incapacitated person"),
    ("victim_identification", "Victim identification (child exploitation, trafficking)"),
    ("serious_violent_offence", "Suspect of a serious violent offence"),
    ("identity_fraud", "Identity fraud"),
]
KINDS = [
    ("note", "Note"),
    ("closed", "Reason for closing"),
    ("reopened", "Reason for reopening"),
    ("held", "Reason for the legal hold"),
    ("hold_lifted", "Reason for lifting the legal hold"),
    ("cap_changed", "Reason for another number of searches"),
]
KEY = models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)

# A case that is moved into another agency is not found: row-level security has the word then.
GUARD_CASE = """
CREATE FUNCTION searches_guard_case() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    retired timestamptz;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF (NEW.id, NEW.number, NEW.opened_by_id, NEW.opened_by_label, NEW.created_at)
            IS DISTINCT FROM
            (OLD.id, OLD.number, OLD.opened_by_id, OLD.opened_by_label, OLD.created_at)
            OR (OLD.purpose <> '' AND (NEW.purpose, NEW.category_id)
                IS DISTINCT FROM (OLD.purpose, OLD.category_id))
        THEN
            RAISE EXCEPTION 'number, purpose, category and opener of a case do not change'
                USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF NEW.purpose = '' THEN
        RAISE EXCEPTION 'a case has a purpose' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.category_id IS NULL THEN
        IF EXISTS (
            SELECT FROM searches_casecategory c
            WHERE c.agency_id = NEW.agency_id AND c.retired_at IS NULL
        ) THEN
            RAISE EXCEPTION 'category_missing: the agency has a list of its own'
                USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    SELECT c.retired_at INTO retired FROM searches_casecategory c
        WHERE c.agency_id = NEW.agency_id AND c.id = NEW.category_id FOR SHARE;
    IF retired IS NOT NULL THEN
        RAISE EXCEPTION 'category_retired: the category is not in use any more'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER searches_guard_case BEFORE INSERT OR UPDATE ON searches_case
    FOR EACH ROW EXECUTE FUNCTION searches_guard_case()
"""

# Writing the case's row, and not only locking it, makes submissions wait for one another under
# every isolation level: whoever has counted with an older snapshot is refused.
GUARD_SEARCH = """
CREATE FUNCTION searches_guard_cap() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    found_case record;
    used bigint;
BEGIN
    UPDATE searches_case SET search_cap = search_cap
        WHERE agency_id = NEW.agency_id AND id = NEW.case_id
        RETURNING status, search_cap INTO found_case;
    IF NOT FOUND THEN
        RETURN NEW;
    END IF;
    IF found_case.status = 'closed' THEN
        RAISE EXCEPTION 'case_closed: nothing is searched in a closed case'
            USING ERRCODE = 'check_violation';
    END IF;
    SELECT count(*) INTO used FROM searches_search s
        WHERE s.agency_id = NEW.agency_id AND s.case_id = NEW.case_id AND s.state <> 'failed';
    IF used >= found_case.search_cap THEN
        RAISE EXCEPTION 'case_cap_reached: the case has all its searches'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER searches_guard_cap BEFORE INSERT ON searches_search
    FOR EACH ROW EXECUTE FUNCTION searches_guard_cap();
CREATE TRIGGER searches_guard_cap_again BEFORE UPDATE OF state ON searches_search
    FOR EACH ROW WHEN (OLD.state = 'failed' AND NEW.state <> 'failed')
    EXECUTE FUNCTION searches_guard_cap()
"""

GUARD_PROBE = """
CREATE FUNCTION searches_guard_probe_case() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    found_status text;
BEGIN
    SELECT c.status INTO found_status FROM searches_case c
        WHERE c.agency_id = NEW.agency_id AND c.id = NEW.case_id FOR SHARE;
    IF found_status = 'closed' THEN
        RAISE EXCEPTION 'case_closed: nothing is uploaded into a closed case'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER searches_guard_probe_case BEFORE INSERT ON searches_probe
    FOR EACH ROW EXECUTE FUNCTION searches_guard_probe_case()
"""

# A search is always in the case of its probe, and both stay where they are.
SAME_CASE = [
    "ALTER TABLE searches_probe ADD CONSTRAINT searches_probe_place UNIQUE (agency_id, id, case_id)",
    "ALTER TABLE searches_search ADD CONSTRAINT searches_search_probe_place"
    " FOREIGN KEY (agency_id, probe_id, case_id) REFERENCES searches_probe (agency_id, id, case_id)"
    " DEFERRABLE INITIALLY DEFERRED",
    """
    CREATE FUNCTION searches_stay_in_case() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'probes and searches stay in their case'
            USING ERRCODE = 'check_violation';
    END $$
    """,
    *(
        f"CREATE TRIGGER {table}_stays_in_case BEFORE UPDATE OF case_id ON {table}"
        " FOR EACH ROW WHEN (NEW.case_id <> OLD.case_id) EXECUTE FUNCTION searches_stay_in_case()"
        for table in ("searches_probe", "searches_search")
    ),
]

CATEGORY = [
    "ALTER TABLE searches_casecategory ADD CONSTRAINT searches_casecategory_purpose"
    " UNIQUE (agency_id, id, purpose)",
    "ALTER TABLE searches_case ADD CONSTRAINT searches_case_category_purpose"
    " FOREIGN KEY (agency_id, category_id, purpose)"
    " REFERENCES searches_casecategory (agency_id, id, purpose) DEFERRABLE INITIALLY DEFERRED",
    """
    CREATE FUNCTION searches_guard_category() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'the purpose of a category does not change'
            USING ERRCODE = 'check_violation';
    END $$
    """,
    "CREATE TRIGGER searches_guard_category BEFORE UPDATE OF purpose ON searches_casecategory"
    " FOR EACH ROW WHEN (NEW.purpose <> OLD.purpose) EXECUTE FUNCTION searches_guard_category()",
]

MEMBERS = """
CREATE FUNCTION searches_guard_case_member() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.ended_at IS NOT NULL OR NEW.ended_at IS NULL
        OR to_jsonb(NEW) - 'ended_at' - 'ended_by_label'
            <> to_jsonb(OLD) - 'ended_at' - 'ended_by_label'
    THEN
        RAISE EXCEPTION 'members of cases are append-only but for their end'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER searches_guard_case_member BEFORE UPDATE ON searches_casemember
    FOR EACH ROW EXECUTE FUNCTION searches_guard_case_member()
"""

# Asked at the end of the transaction, when its scope may be closed already.
OWNER = """
CREATE FUNCTION searches_owner_is_member() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    scope_before text := coalesce(current_setting('candor.agency_id', true), '');
    this_case uuid;
    is_fine boolean;
BEGIN
    IF TG_TABLE_NAME = 'searches_case' THEN
        this_case := NEW.id;
    ELSE
        this_case := NEW.case_id;
    END IF;
    PERFORM set_config('candor.agency_id', NEW.agency_id::text, true);
    SELECT NOT EXISTS (
        SELECT FROM searches_case c
        WHERE c.agency_id = NEW.agency_id AND c.id = this_case AND c.owner_id IS NOT NULL
        AND NOT EXISTS (
            SELECT FROM searches_casemember m WHERE m.agency_id = c.agency_id
            AND m.case_id = c.id AND m.user_id = c.owner_id AND m.ended_at IS NULL
        )
    ) INTO is_fine;
    PERFORM set_config('candor.agency_id', scope_before, true);
    IF NOT is_fine THEN
        RAISE EXCEPTION 'the owner of a case is a member of it'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'case_owner_is_member';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER searches_owner_is_member AFTER INSERT OR UPDATE OF owner_id
    ON searches_case DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION searches_owner_is_member();
CREATE CONSTRAINT TRIGGER searches_owner_stays_member AFTER UPDATE
    ON searches_casemember DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION searches_owner_is_member()
"""

# The file of a case stays as long as its agency. Another agency's rows are not even seen.
KEPT = [
    """
    CREATE FUNCTION searches_keep_case_file() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'DELETE' AND EXISTS (
            SELECT FROM accounts_offboarding
            WHERE agency_id = OLD.agency_id AND state = 'destroying'
        ) THEN
            RETURN OLD;
        END IF;
        RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'check_violation';
    END $$
    """,
    *(
        f"CREATE TRIGGER {table}_kept BEFORE DELETE ON {table}"
        " FOR EACH ROW EXECUTE FUNCTION searches_keep_case_file()"
        for table in ("searches_case", "searches_casemember", "searches_casecategory")
    ),
    "CREATE TRIGGER searches_casenote_kept BEFORE UPDATE OR DELETE ON searches_casenote"
    " FOR EACH ROW EXECUTE FUNCTION searches_keep_case_file()",
    append_only_sql("searches_casenote").replace("UPDATE, DELETE, TRUNCATE", "UPDATE, TRUNCATE"),
]

# Who opened a case from before owns it; who worked in it goes on seeing it.
FIRST_MEMBERS = """
DO $$ DECLARE agency bigint; BEGIN
    PERFORM set_config('candor.platform', 'on', true);
    FOR agency IN SELECT id FROM accounts_agency LOOP
        PERFORM set_config('candor.agency_id', agency::text, true);
        INSERT INTO searches_casemember
            (id, agency_id, case_id, user_id, label, added_by_label, added_at, ended_by_label)
        SELECT DISTINCT ON (w.case_id, w.user_id)
            gen_random_uuid(), agency, w.case_id, w.user_id, w.label, 'migration 0005', now(), ''
        FROM (
            SELECT id AS case_id, opened_by_id AS user_id, opened_by_label AS label
                FROM searches_case WHERE agency_id = agency
            UNION ALL SELECT case_id, requested_by_id, requested_by_label
                FROM searches_probe WHERE agency_id = agency
            UNION ALL SELECT case_id, requested_by_id, requested_by_label
                FROM searches_search WHERE agency_id = agency
        ) AS w WHERE w.user_id IS NOT NULL ORDER BY w.case_id, w.user_id;
        UPDATE searches_case SET owner_id = opened_by_id, owner_label = opened_by_label
            WHERE agency_id = agency;
    END LOOP;
    PERFORM set_config('candor.platform', '', true);
    PERFORM set_config('candor.agency_id', '', true);
END $$
"""


class Migration(migrations.Migration):
    dependencies = [("searches", "0004_source_kind"), ("accounts", "0007_offboarding")]

    operations = [
        migrations.CreateModel(
            name="CaseCategory",
            fields=[
                ("agency_id", models.BigIntegerField(editable=False)),
                ("id", KEY),
                ("name", models.CharField(max_length=120, verbose_name="name")),
                (
                    "purpose",
                    models.CharField(
                        choices=PURPOSES,
                        help_text="Cases of this category have this purpose. It never changes.",
                        max_length=30,
                        verbose_name="purpose",
                    ),
                ),
                ("created_by_label", models.CharField(editable=False, max_length=254)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("retired_at", models.DateTimeField(editable=False, null=True)),
            ],
            options={
                "verbose_name": "category",
                "verbose_name_plural": "categories",
                "ordering": ["name"],
                "constraints": [
                    models.UniqueConstraint(
                        models.F("agency_id"),
                        Lower("name"),
                        name="case_category_once",
                        violation_error_code="unique",
                        violation_error_message="There is a category of this name already.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(name__regex="\\S"), name="case_category_named"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(purpose__in=[value for value, _ in PURPOSES]),
                        name="case_category_purpose",
                    ),
                ],
            },
        ),
        migrations.AddField(
            "case",
            "purpose",
            models.CharField(choices=PURPOSES, default="", max_length=30, verbose_name="purpose"),
            preserve_default=False,
        ),
        migrations.AddField(
            "case",
            "category",
            TenantForeignKey(
                blank=True,
                null=True,
                on_delete=PROTECT,
                related_name="cases",
                to="searches.casecategory",
            ),
        ),
        migrations.AddField("case", "owner_id", models.BigIntegerField(editable=False, null=True)),
        migrations.AddField(
            "case",
            "owner_label",
            models.CharField(default="", editable=False, max_length=254, verbose_name="owner"),
            preserve_default=False,
        ),
        migrations.AddField(
            "case",
            "status",
            models.CharField(
                choices=[("open", "Open"), ("closed", "Closed")],
                default="open",
                editable=False,
                max_length=10,
                verbose_name="status",
            ),
        ),
        migrations.AddField("case", "closed_at", models.DateTimeField(editable=False, null=True)),
        migrations.AddField(
            "case",
            "closed_by_label",
            models.CharField(blank=True, editable=False, max_length=254),
        ),
        migrations.AddField(
            "case", "search_cap", models.PositiveIntegerField(default=usual_cap, editable=False)
        ),
        migrations.AddField("case", "held_at", models.DateTimeField(editable=False, null=True)),
        migrations.AddField(
            "case", "held_by_label", models.CharField(blank=True, editable=False, max_length=254)
        ),
        migrations.AddField(
            "case", "hold_reason_sealed", models.BinaryField(default=b"", editable=False)
        ),
        migrations.AddConstraint(
            "case",
            models.CheckConstraint(
                condition=models.Q(purpose__in=["", *(value for value, _ in PURPOSES)]),
                name="case_purpose",
            ),
        ),
        migrations.AddConstraint(
            "case",
            models.CheckConstraint(
                condition=models.Q(status="open", closed_at=None)
                | models.Q(status="closed", closed_at__isnull=False),
                name="case_status",
            ),
        ),
        migrations.AddConstraint(
            "case",
            models.CheckConstraint(
                condition=models.Q(search_cap__range=(1, 10_000)), name="case_search_cap"
            ),
        ),
        migrations.AddConstraint(
            "case",
            models.CheckConstraint(
                condition=models.Q(held_at=None, hold_reason_sealed=b"")
                | models.Q(held_at__isnull=False) & ~models.Q(hold_reason_sealed=b""),
                name="case_held_for_a_reason",
            ),
        ),
        migrations.CreateModel(
            name="CaseMember",
            fields=[
                ("agency_id", models.BigIntegerField(editable=False)),
                ("id", KEY),
                ("user_id", models.BigIntegerField(editable=False)),
                ("label", models.CharField(editable=False, max_length=254)),
                ("added_by_label", models.CharField(editable=False, max_length=254)),
                ("added_at", models.DateTimeField(auto_now_add=True)),
                ("ended_at", models.DateTimeField(editable=False, null=True)),
                (
                    "ended_by_label",
                    models.CharField(blank=True, editable=False, max_length=254),
                ),
                (
                    "case",
                    TenantForeignKey(on_delete=PROTECT, related_name="members", to="searches.case"),
                ),
            ],
            options={
                "verbose_name": "member of a case",
                "verbose_name_plural": "members of cases",
                "ordering": ["added_at"],
                "indexes": [
                    models.Index(
                        condition=models.Q(ended_at=None),
                        fields=["agency_id", "user_id"],
                        name="case_member_of_person",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(ended_at=None),
                        fields=("agency_id", "case", "user_id"),
                        name="case_member_once",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="CaseNote",
            fields=[
                ("agency_id", models.BigIntegerField(editable=False)),
                ("id", KEY),
                ("kind", models.CharField(choices=KINDS, default="note", max_length=20)),
                ("text_sealed", models.BinaryField(default=b"", editable=False)),
                ("author_id", models.BigIntegerField(editable=False, null=True)),
                ("author_label", models.CharField(editable=False, max_length=254)),
                ("written_at", models.DateTimeField(auto_now_add=True)),
                (
                    "case",
                    TenantForeignKey(on_delete=PROTECT, related_name="notes", to="searches.case"),
                ),
            ],
            options={
                "verbose_name": "note",
                "verbose_name_plural": "notes",
                "ordering": ["-written_at", "-id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(kind__in=[value for value, _ in KINDS]),
                        name="case_note_kind",
                    ),
                    models.CheckConstraint(
                        condition=~models.Q(text_sealed=b""), name="case_note_says_something"
                    ),
                ],
            },
        ),
        *(ProtectTenant(name) for name in ("CaseCategory", "CaseMember", "CaseNote")),
        migrations.RunSQL(
            [
                "ALTER TABLE searches_case ADD CONSTRAINT searches_case_category_id_tenant_fk"
                " FOREIGN KEY (agency_id, category_id)"
                " REFERENCES searches_casecategory (agency_id, id) DEFERRABLE INITIALLY DEFERRED",
                *CATEGORY,
                *SAME_CASE,
                GUARD_CASE,
                GUARD_SEARCH,
                GUARD_PROBE,
                MEMBERS,
                OWNER,
                *KEPT,
                FIRST_MEMBERS,
                # Django makes its indexes after this, which waits for no deferred check.
                "SET CONSTRAINTS ALL IMMEDIATE",
            ],
            migrations.RunSQL.noop,
        ),
    ]
