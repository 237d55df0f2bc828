"""Why an export is not taken in: stable codes, with words that say what to do."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from portal.faults import CodedFault

MOVING_FAULTS: dict[str, str | Promise] = {
    "import_not_readable": _("The file is not a ZIP that can be read to its end."),
    "import_member_unknown": _("The file holds something that no export of an agency has."),
    "import_member_missing": _("The file lacks something that every export of an agency has."),
    "import_too_large": _("A part of the file is larger than it says, or than anything may be."),
    "import_manifest_bad": _("The list of what is in the file is not one that Candor writes."),
    "import_version_unknown": _(
        "The export has another format than this version of Candor reads. Bring both installations"
        " to the same version and export again."
    ),
    "import_schema_differs": _(
        "The export was made by a version of Candor with other tables. Bring both installations to"
        " the same version and export again."
    ),
    "import_signature_bad": _("The export is not what its installation signed."),
    "import_key_differs": _("The export was signed by another key than the one you gave."),
    "import_own_export": _("This very installation made the export. It does not read its own."),
    "import_digest_wrong": _("A part of the export is not what the signed list says."),
    "import_table_unknown": _("The export has rows of a table that does not exist here."),
    "import_columns_differ": _("A row of the export has other columns than its table has here."),
    "import_row_malformed": _("A row of the export has a value that cannot stand in its column."),
    "import_row_of_another": _("A row of the export belongs to another agency than the export."),
    "import_reference_unknown": _("A row of the export refers to something that is not in it."),
    "import_row_refused": _("The database's rules refuse a row of the export."),
    "import_ids_taken": _("Something of the export is here already under the same number."),
    "import_file_unlisted": _("A row of the export names a file that the export does not list."),
    "import_record_bad": _("The record in the export is not as it was written."),
    "import_known_here": _("This agency was brought here from its export before."),
    "import_name_taken": _("An agency here has this short name. Give another one with --as."),
    "import_name_bad": _("A short name has lower-case letters, digits and hyphens alone."),
    "import_address_taken": _(
        "Somebody here has the e-mail address of a person of the export. If they are the same"
        " person, say --match-people."
    ),
    "import_no_admin": _("The export has no active administrator, who could invite anybody."),
    "import_no_owner": _("The import works as the owner role: set DATABASE_OWNER_URL."),
    "import_running": _("Another import runs at this moment. Wait for its end."),
    "import_busy": _("The tables could not be locked, since others work on them. Try again."),
    "import_check_failed": _("What was brought in is not what the export holds."),
}


class MoveRefused(CodedFault):
    """The export is not taken in, and nothing was changed; `where` names what it failed at."""

    words = MOVING_FAULTS

    def __init__(self, code: str, where: str = "") -> None:
        super().__init__(code)
        self.where = where[:300]
