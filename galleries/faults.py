"""What can go wrong with galleries: stable codes and words that say what to do.

They are raised as `searches.faults.Fault`, like everything that can go wrong below.
"""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from searches.faults import FAULTS

GALLERY_FAULTS: dict[str, str | Promise] = {
    "hygiene_running": _("A hygiene run of this gallery is under way. Wait for its end."),
    "gallery_empty": _("Nothing is enrolled in this gallery yet."),
    "review_decided": _("Somebody has decided on this meanwhile."),
    "review_no_such_decision": _("This cannot be decided so. Choose another decision."),
    "review_reason_missing": _("Give a reason."),
    "review_changed": _("The pictures are not where they were. Start another hygiene run."),
    "similarity_missing": _("Give a similarity between -1 and 1."),
    "image_not_of_subject": _("The picture is not one of this subject."),
}

FAULTS |= GALLERY_FAULTS
