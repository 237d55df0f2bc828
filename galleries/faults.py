"""What can go wrong with galleries: stable codes and words that say what to do.

They are raised as `searches.faults.Fault`, like everything that can go wrong below.
"""

from django.utils.functional import Promise

from searches.faults import FAULTS

GALLERY_FAULTS: dict[str, str | Promise] = {}

FAULTS |= GALLERY_FAULTS
