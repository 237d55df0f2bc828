"""What can go wrong with galleries: stable codes and words that say what to do.

They are raised as `searches.faults.Fault`, like everything that can go wrong below.
"""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from searches.faults import FAULTS

GALLERY_FAULTS: dict[str, str | Promise] = {
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

FAULTS |= GALLERY_FAULTS
