"""What can go wrong with imports; part of galleries.faults."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

IMPORT_FAULTS: dict[str, str | Promise] = {
    "import_without_register": _("Choose the register that the pictures come from."),
    "import_request_wrong": _("The request lacks something, or has it in a wrong form."),
    "import_stage": _("The import has moved on meanwhile. Look at it again."),
    "import_nothing_to_enrol": _("There is nothing to enrol in it. Cancel it."),
    "import_offset_wrong": _(
        "The part does not follow on what is there. Go on after the bytes that were received."
    ),
    "import_part_size": _("The part of the upload has a size that is not accepted."),
    "archive_empty": _("There is no file in it. Choose another ZIP file."),
    "archive_unreadable": _("This is not a ZIP file that can be read. Pack it again."),
    "archive_too_large": _("The file is too large for one import. Divide it."),
    "archive_too_many_files": _("There are too many files in it for one import. Divide it."),
    "archive_bomb": _("It unpacks to far more than pictures do. Nothing was unpacked."),
    "member_encrypted": _("The file is encrypted inside the ZIP file. Pack it without a password."),
    "member_unsupported": _("The file is packed in an unusual way. Pack it with “Deflate”."),
    "member_damaged": _("The file is damaged inside the ZIP file. Pack it again."),
    "nested_archive": _("Archives inside archives are not opened. Unpack it first."),
    "name_unsafe": _("The name of the file is too long, or is not a plain name."),
    "name_twice": _("Another file in it has the same name. The first one counts."),
    "reference_unreadable": _("The subject reference has signs in it that cannot be kept."),
    "manifest_unreadable": _("The manifest is no CSV or JSON Lines file in UTF-8."),
    "manifest_empty": _("The manifest has no lines."),
    "manifest_column_missing": _("The manifest needs the columns “subject” and “file”, once each."),
    "manifest_column_unknown": _("The manifest has a column of this name, which means nothing."),
    "manifest_line_unreadable": _("This line of the manifest cannot be read."),
    "manifest_file_missing": _("The manifest names this file, and it is not there."),
    "manifest_file_twice": _("The manifest names this file twice. The first line counts."),
    "manifest_without_file": _("The manifest does not name this file."),
    "manifest_register_unknown": _("The manifest names a source register that does not exist."),
    "manifest_date_wrong": _("Dates of the manifest are written like 2026-01-31."),
    "collected_in_future": _("A picture cannot have been collected on a day that has not come."),
    "expires_in_past": _("The picture has expired already. It is not enrolled."),
}
