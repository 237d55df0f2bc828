"""What can go wrong with galleries: stable codes and words that say what to do.

They are raised as `searches.faults.Fault`, like everything that can go wrong below.
"""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from galleries.import_faults import IMPORT_FAULTS
from searches.faults import FAULTS

GALLERY_FAULTS: dict[str, str | Promise] = {
    # erasing
    "erasure_reason_length": _("Give the reason in 10 to 4000 characters."),
    "erasure_nothing_there": _("Nothing of this is there any more. Look at the gallery again."),
    "erasure_not_failed": _("The erasure has not failed. Wait until it is proved."),
    # retention
    "image_under_hold": _(
        "A legal hold keeps this, or something in it: it is not erased. Release the hold first."
    ),
    "hold_released": _("The hold is released already."),
    "hold_target_gone": _("This was erased meanwhile: there is nothing left to hold."),
    "retention_unchanged": _("This is the rule already."),
    "retention_out_of_range": _("Pictures can be kept for 1 to 36500 days."),
    "retention_nothing_due": _("Nothing has expired: there is nothing to remove."),
}

GALLERY_FAULTS |= IMPORT_FAULTS

FAULTS |= GALLERY_FAULTS
