"""What of an export is looked at before anything is stored: the agency itself, and the tables."""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError

from accounts.models import Agency, AgencyState
from accounts.moving.faults import MoveRefused
from accounts.moving.package import Package
from accounts.offboarding.tables import AGENCY, schema_of, tenant_tables
from portal.tenancy import platform_scope

# What the agency's row brings along. Its state, and what was switched off, is for the vendor here.
FACTS = ("name", "jurisdiction", "contact_name", "contact_email", "time_zone")
FLAGS = ("certificates_required", "is_sandbox")


def require_fitting(package: Package) -> None:
    """The tables of the export are those of this installation. Raises MoveRefused."""
    tables = tenant_tables()
    known = {table.name for table in tables} | {AGENCY}
    if strange := sorted(set(package.tables()) - known):
        raise MoveRefused("import_table_unknown", strange[0])
    if missing := sorted(known - set(package.tables())):
        raise MoveRefused("import_member_missing", missing[0])
    if package.manifest["schema"] != schema_of(tables):
        raise MoveRefused("import_schema_differs", str(package.manifest.get("candor"))[:40])


def agency_of(package: Package, slug: str) -> Agency:
    """The agency, not saved: active, with what its row says. Raises MoveRefused."""
    rows = list(package.rows(AGENCY))
    if len(rows) != 1 or rows[0].get("id") != package.agency_id:
        raise MoveRefused("import_row_of_another", AGENCY)
    agency = Agency(slug=slug, state=AgencyState.ACTIVE, **_facts(rows[0]))
    try:
        with platform_scope():
            agency.full_clean(exclude=["data_key"])
    except ValidationError as error:
        raise MoveRefused(_code(error.error_dict), AGENCY) from error
    return agency


def _facts(row: dict[str, Any]) -> dict[str, Any]:
    if not all(isinstance(row.get(name), str) for name in FACTS):
        raise MoveRefused("import_row_malformed", AGENCY)
    if not all(isinstance(row.get(name), bool) for name in FLAGS):
        raise MoveRefused("import_row_malformed", AGENCY)
    return {name: row[name] for name in (*FACTS, *FLAGS)}


def _code(errors: dict[str, Any]) -> str:
    names: Iterable[str] = errors.keys() - {NON_FIELD_ERRORS}
    if "slug" not in names:
        return "import_row_malformed"
    codes = {error.code for error in errors["slug"]}
    return "import_name_taken" if "unique" in codes else "import_name_bad"
