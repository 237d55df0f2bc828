"""Every tenant table, attacked with raw SQL under the app role."""

import uuid
from dataclasses import dataclass
from functools import partial

import pytest
from django.db import DatabaseError, connection, transaction

from accounts.access import memberships_of
from accounts.models import Agency, User
from portal.tenancy import platform_scope, scope
from tests.conftest import Once
from tests.factories import full_agency

pytestmark = pytest.mark.django_db

# Tables with rows of all agencies or of none, each with the reason why that is right.
NOT_TENANT = {
    "account_emailaddress": "allauth's, unused: an address is proved by its invitation",
    "account_emailconfirmation": "allauth's, unused",
    "accounts_agency": "the tenant itself; has a policy of its own, tested below",
    "accounts_agencyimport": "the platform's own: where files of an import lie that was cut off",
    "accounts_plan": "the platform's catalogue; only its scope writes it (tests/accounts)",
    "accounts_invoicecounter": "the last number of a year; written by a trigger alone",
    "accounts_taxrate": "the platform's own; only its scope sees them (tests/accounts)",
    "accounts_user": "people may belong to several agencies",
    "accounts_user_groups": "Django's, unused",
    "accounts_user_user_permissions": "Django's, unused",
    "accounts_staffsession": "the platform's own; only its scope sees them (tests/accounts)",
    "accounts_usersession": "a person's own; see tests/accounts/test_sessions.py",
    "auth_group": "Django's, unused",
    "auth_group_permissions": "Django's, unused",
    "auth_permission": "Django's, unused",
    "django_admin_log": "Django's, unused: the platform's acts are in the record",
    "django_content_type": "names of models",
    "django_migrations": "names of migrations",
    "django_session": "signed keys without content of an agency",
    "socialaccount_socialaccount": "allauth's, unused: links are in accounts_signonlink",
    "socialaccount_socialapp": "allauth's, unused: providers are in accounts_identityprovider",
    "socialaccount_socialtoken": "allauth's, unused: no token of a provider is kept",
    "mfa_authenticator": "a person's own second factors, sealed by the platform's key",
    "portal_broadcast": "notices to everybody; only the platform's scope writes (tests/accounts)",
    "portal_cache": "rate limits, and which codes were used",
    "portal_operation": "how the installation works; only the platform's scope writes",
    "portal_platform_key": "the platform's data keys, wrapped by the master key",
    "audit_keychange": "public statements of the installation's keys, written once",
    "searches_contract": "hashes of engines",
    "galleries_tablerewrite": "when tables were last rewritten",
    "searches_heartbeat": "when the sweeper last ran",
    "searches_scanhost": "names of hosts that answer, their memory, and when they last did",
}
# What the platform keeps about agencies: it sees all rows and alone writes them.
LICENSING = {"accounts_license", "accounts_licenseversion", "accounts_licenseact"}
BILLING = {
    "accounts_billingaccount",
    "accounts_invoice",
    "accounts_invoiceline",
    "accounts_billedusage",
    "accounts_payment",
    "accounts_dunningreminder",
}
# Rows that another agency reads beside its owner, by the column that names that agency.
ALSO_READ = {"searches_gallerygrant": "borrower_id", "searches_examinerloan": "lending_agency_id"}

PROCEDURE = [
    "do not change",
    "does not change",
    "a search begins at its first stage",
    "purpose_not_licensed",
    "register_other_kind",
    "gallery_erased",
    "what was erased does not change",
    "an erasure does not change",
    "a decision comes after its search",
    "a token is sealed between authorization and search",
    "candidates come from a running search",
    "searched faces come from a running search",
    "a question to hosts does not change",
    "an alert begins open",
    "round_not_open",
    "examination_closed",
    "outcome_not_examined",
    "not_concluded",
    "not_erased",
    "loan_",
    "draft_",
    "grant_",
    "hold_",
    "shared faces come from a running search",
    "import_",
    "review_",
    "transparency_",
    "request_",
    "exercise_",
    "a link is of an entry of its own chain",
]


@dataclass(frozen=True)
class Table:
    name: str
    has_rls: bool
    forced: bool
    policies: int
    tenant: bool


def tables() -> list[Table]:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT c.relname, c.relrowsecurity, c.relforcerowsecurity,
                   (SELECT count(*) FROM pg_policy p WHERE p.polrelid = c.oid),
                   EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid
                           AND a.attname = 'agency_id' AND NOT a.attisdropped)
            FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace
            AND c.relkind IN ('r', 'p') ORDER BY c.relname
            """
        )
        return [Table(*row) for row in cursor.fetchall()]


def tenant_tables() -> list[str]:
    return [table.name for table in tables() if table.tenant]


@pytest.fixture(scope="module")
def _full(of_module: Once, _alder: Agency, _birch: Agency, models: object) -> None:
    for agency in (_alder, _birch):
        of_module(partial(full_agency, agency))


@pytest.fixture
def both(_full: None, alder: Agency, birch: Agency) -> tuple[Agency, Agency]:
    """Two agencies with at least one row in every tenant table."""
    return alder, birch


def count(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT count(*) FROM "{table}"')
        return int(cursor.fetchone()[0])


def test_every_table_is_either_protected_or_known_to_have_no_tenant() -> None:
    for table in tables():
        if table.name in NOT_TENANT:
            assert not table.tenant, table.name
        else:
            assert table.tenant, f"{table.name} has no agency_id: name it in NOT_TENANT, with why"
            assert table.has_rls, table.name
            assert table.forced, table.name
            assert table.policies > 0, table.name


def test_the_app_role_owns_nothing_and_cannot_pass_by_row_security() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
        assert cursor.fetchone() == (False,)
        cursor.execute("SELECT count(*) FROM pg_class WHERE relowner = current_user::regrole")
        assert cursor.fetchone() == (0,)


def test_every_tenant_table_has_rows_to_be_attacked(both: tuple[Agency, Agency]) -> None:
    for agency in both:
        with scope(agency.pk):
            empty = [name for name in tenant_tables() if count(name) == 0 and not is_part(name)]
        assert empty == []


def is_part(name: str) -> bool:
    """Partitions other than the one that an agency's hash leads to may be empty."""
    return name.startswith("searches_template_shared_")


def test_without_a_scope_no_table_shows_a_row(both: tuple[Agency, Agency]) -> None:
    assert {name: count(name) for name in tenant_tables()} == dict.fromkeys(tenant_tables(), 0)


def of_agencies_in(names: set[str]) -> set[str]:
    """The tables in which the platform's scope shows rows of an agency."""
    with platform_scope(), connection.cursor() as cursor:
        found = set()
        for name in names:
            cursor.execute(f'SELECT EXISTS (SELECT FROM "{name}" WHERE agency_id IS NOT NULL)')
            if cursor.fetchone()[0]:
                found.add(name)
    return found


def test_platform_scope_shows_no_row_of_content(both: tuple[Agency, Agency]) -> None:
    with platform_scope():
        seen = {name for name in tenant_tables() if count(name)}
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM audit_auditentry WHERE agency_id IS NOT NULL")
            of_agencies = cursor.fetchone()
    # Who works where is needed to license seats; the platform's own acts belong to no agency; how
    # far the end of an agency is, and the receipt of it, are states, counts and digests.
    of_the_end = {"accounts_offboarding", "accounts_destructionreceipt"}
    # Domains of single sign-on are confirmed by the platform.
    of_the_end |= {"accounts_signondomain"}
    # The platform's own record; and for the clock, which chains have something to link or to sign.
    record = {name for name in seen if name.startswith("audit_")}
    assert seen - record == {"accounts_membership", *of_the_end, *LICENSING, *BILLING}
    assert of_agencies_in(record) == {"audit_auditpending", "audit_auditchain"}
    assert of_agencies == (0,)


def test_rows_of_another_agency_cannot_be_read(both: tuple[Agency, Agency]) -> None:
    alder, _ = both
    with scope(alder.pk):
        for name in tenant_tables():
            with connection.cursor() as cursor:
                sql = f'SELECT count(*) FROM "{name}" WHERE agency_id <> %s'
                if named := ALSO_READ.get(name):
                    sql += f" AND {named} IS DISTINCT FROM {alder.pk}"
                cursor.execute(sql, [alder.pk])
                assert cursor.fetchone() == (0,), name


def test_rows_of_another_agency_cannot_be_updated_or_deleted(both: tuple[Agency, Agency]) -> None:
    alder, birch = both
    with scope(birch.pk):
        before = {name: count(name) for name in tenant_tables()}
    with scope(alder.pk):
        for name in tenant_tables():
            for sql in (
                f'UPDATE "{name}" SET agency_id = agency_id WHERE agency_id = {birch.pk}',
                f'DELETE FROM "{name}" WHERE agency_id = {birch.pk}',
            ):
                assert changed_rows(sql) == 0, sql
    with scope(birch.pk):
        assert {name: count(name) for name in tenant_tables()} == before


def changed_rows(sql: str) -> int:
    """Rows that a statement changed; none when it was refused outright."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)
            return int(cursor.rowcount)
    except DatabaseError as error:
        assert "permission denied" in str(error) or "append-only" in str(error)
        return 0


def test_rows_cannot_be_written_into_or_moved_to_another_agency(
    both: tuple[Agency, Agency],
) -> None:
    alder, birch = both
    with scope(alder.pk):
        for name in tenant_tables():
            if is_part(name) and count(name) == 0:
                continue
            columns = writable_columns(name)
            values = ", ".join("%s" if c == "agency_id" else f'"{c}"' for c in columns)
            names = ", ".join(f'"{c}"' for c in columns)
            copy = f'INSERT INTO "{name}" ({names}) SELECT {values} FROM "{name}" LIMIT 1'
            move = f'UPDATE "{name}" SET agency_id = %s'
            for sql in (copy,) if name in LICENSING | BILLING else (copy, move):
                with pytest.raises(DatabaseError) as refused, transaction.atomic():
                    with connection.cursor() as cursor:
                        cursor.execute(sql, [birch.pk])
                words = ["row-level security", "permission denied", "append-only", "partition"]
                # Triggers of billing speak before row-level security does.
                words += ["begins as a draft", "lines do not change", "payments are for"]
                # So do those of the procedure, which find no such search in this agency.
                words += PROCEDURE
                assert any(word in str(refused.value) for word in words), (sql, refused.value)


def test_agencies_read_their_licensing_and_change_nothing(both: tuple[Agency, Agency]) -> None:
    alder, _ = both
    with scope(alder.pk):
        for name in LICENSING:
            assert count(name) > 0, name
            for sql in (f'UPDATE "{name}" SET agency_id = agency_id', f'DELETE FROM "{name}"'):
                assert changed_rows(sql) == 0, sql
            columns = ", ".join(f'"{column}"' for column in writable_columns(name))
            again = f'INSERT INTO "{name}" ({columns}) SELECT {columns} FROM "{name}" LIMIT 1'
            with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
                with connection.cursor() as cursor:
                    cursor.execute(again)


def writable_columns(table: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_schema = 'public'"
            " AND table_name = %s AND is_identity = 'NO' ORDER BY ordinal_position",
            [table],
        )
        return [row[0] for row in cursor.fetchall()]


def test_every_reference_between_tenant_tables_carries_the_agency() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT k.conname, k.conrelid::regclass::text, k.confrelid::regclass::text,
                   EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = k.conrelid
                           AND a.attnum = ANY (k.conkey) AND a.attname = 'agency_id')
            FROM pg_constraint k WHERE k.contype = 'f'
            """
        )
        rows = cursor.fetchall()
    names = set(tenant_tables())
    between = [row for row in rows if row[1] in names and row[2] in names]
    assert len(between) > 10
    assert [row for row in between if not row[3]] == []


def test_a_row_cannot_point_into_another_agency(both: tuple[Agency, Agency]) -> None:
    alder, birch = both
    with scope(birch.pk), connection.cursor() as cursor:
        cursor.execute("SELECT id FROM searches_gallery LIMIT 1")
        foreign = cursor.fetchone()[0]
    with scope(alder.pk), pytest.raises(DatabaseError, match="foreign key"), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO searches_subject"
                " (id, agency_id, gallery_id, reference_mark, reference_sealed, created_at,"
                " best_is_pinned) VALUES (%s, %s, %s, 'x', 'x', now(), false)",
                [uuid.uuid4(), alder.pk, foreign],
            )
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_an_agency_is_seen_by_its_people_and_the_platform_only(
    alder: Agency, birch: Agency, ana: User
) -> None:
    assert count("accounts_agency") == 0
    with scope(alder.pk):
        assert list(Agency.objects.all()) == [alder]
    assert [agency for agency, _ in memberships_of(ana)] == [alder]
    with platform_scope():
        assert set(Agency.objects.all()) >= {alder, birch}
    with scope(alder.pk):
        assert Agency.objects.filter(pk=alder.pk).update(name="Mine") == 0
