"""Migration operations that make PostgreSQL keep agencies apart."""

from typing import Any

from django.db import models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation

from portal.tenancy import TenantForeignKey

# The sub-select makes PostgreSQL read the setting once a query and not once a row.
CURRENT_AGENCY = "(SELECT NULLIF(current_setting('candor.agency_id', true), '')::bigint)"
CURRENT_USER = "(SELECT NULLIF(current_setting('candor.user_id', true), '')::bigint)"
CURRENT_INVITATION = "(SELECT NULLIF(current_setting('candor.invitation', true), ''))"
CURRENT_TOKEN = "(SELECT NULLIF(current_setting('candor.token', true), ''))"  # noqa: S105
CURRENT_SIGN_ON = "(SELECT NULLIF(current_setting('candor.sign_on', true), ''))"
IS_PLATFORM = "(SELECT current_setting('candor.platform', true) = 'on')"


def policy_sql(
    table: str, *, own: str = f"agency_id = {CURRENT_AGENCY}", also_read: str = ""
) -> list[str]:
    """Statements that force row-level security on a table or partition.

    `own` is the condition for everything; `also_read` opens further rows for SELECT only.
    """
    statements = [
        f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY',
        f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY',
        f'CREATE POLICY own_agency ON "{table}" USING ({own}) WITH CHECK ({own})',
    ]
    if also_read:
        statements.append(f'CREATE POLICY also_read ON "{table}" FOR SELECT USING ({also_read})')
    return statements


class ProtectTenant(Operation):
    """Row-level security and in-agency foreign keys for one tenant model.

    Not reversible on purpose: a migration that goes backwards must not open a table.
    """

    reversible = False

    def __init__(self, model: str) -> None:
        self.model = model

    def state_forwards(self, app_label: str, state: Any) -> None:
        """Nothing changes for Django."""

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: Any,
        to_state: Any,
    ) -> None:
        model: type[models.Model] = to_state.apps.get_model(app_label, self.model)
        table = model._meta.db_table
        schema_editor.execute(
            f'ALTER TABLE "{table}" ADD CONSTRAINT "{table}_tenant_key" UNIQUE (agency_id, id)'
        )
        schema_editor.execute(
            f'ALTER TABLE "{table}" ADD CONSTRAINT "{table}_agency_fk" FOREIGN KEY (agency_id)'
            ' REFERENCES "accounts_agency" (id)'
        )
        for field in model._meta.local_fields:
            if isinstance(field, TenantForeignKey):
                schema_editor.execute(tenant_fk_sql(table, field))
        for statement in self.policies(table):
            schema_editor.execute(statement)

    def policies(self, table: str) -> list[str]:
        return policy_sql(table)

    def describe(self) -> str:
        return f"Protect {self.model} by row-level security"


class ProtectLicensing(ProtectTenant):
    """The same for what the platform keeps about agencies: it writes, they read their own."""

    def policies(self, table: str) -> list[str]:
        return policy_sql(table, own=IS_PLATFORM, also_read=f"agency_id = {CURRENT_AGENCY}")


def tenant_fk_sql(table: str, field: TenantForeignKey) -> str:
    """The composite foreign key behind a TenantForeignKey."""
    parent = field.remote_field.model._meta.db_table
    return (
        f'ALTER TABLE "{table}" ADD CONSTRAINT "{table}_{field.column}_tenant_fk"'
        f' FOREIGN KEY (agency_id, "{field.column}") REFERENCES "{parent}" (agency_id, id)'
        " DEFERRABLE INITIALLY DEFERRED"
    )


def append_only_sql(table: str) -> str:
    """Take UPDATE, DELETE and TRUNCATE on a table from every role but its owner.

    Role names differ between installations, so the grantees are read from the catalogue.
    """
    return f"""
DO $$ DECLARE role_name text; BEGIN
    FOR role_name IN SELECT DISTINCT grantee FROM information_schema.role_table_grants
        WHERE table_name = '{table}' AND grantee NOT IN (current_user, 'PUBLIC')
    LOOP
        EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM %I', role_name);
    END LOOP;
END $$
"""  # noqa: S608 - names of our own
