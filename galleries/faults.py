"""What can go wrong with galleries: stable codes and words that say what to do.

They are raised as `searches.faults.Fault`, like everything that can go wrong below.
"""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from searches.faults import FAULTS

GALLERY_FAULTS: dict[str, str | Promise] = {
    "source_in_use": _("Pictures of this register are in the gallery. Erase or move them first."),
    "source_is_last": _("A gallery has at least one source. Add another one first."),
}

FAULTS |= GALLERY_FAULTS
