"""What can go wrong with galleries: stable codes and words that say what to do.

They are raised as `searches.faults.Fault`, like everything that can go wrong below.
"""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from galleries.import_faults import IMPORT_FAULTS
from searches.faults import FAULTS

GALLERY_FAULTS: dict[str, str | Promise] = {
    # change of engine
    "change_open": _("A change of engine of this gallery is under way already. Finish it first."),
    "change_stage": _("This is not possible at the stage that the change of engine has reached."),
    "engine_unknown": _("Choose one of the installation's engines."),
    "engine_same": _("The gallery is searched with this engine already."),
    "engine_not_licensed": _(
        "The licence of this engine does not permit an agency's use. Ask the operator."
    ),
    "gallery_without_engine": _(
        "Nothing is enrolled in this gallery: its first picture will take the installation's"
        " engine."
    ),
    "face_elsewhere": _("The engine finds a face, but not the one that was enrolled."),
    "losses_not_accepted": _(
        "This is not the number of rejected pictures. Look at their list, then give their number."
    ),
    "losses_changed": _(
        "The number of rejected pictures has changed. Look at their list and confirm it again."
    ),
    "throttle_out_of_range": _("Between 1 and 100000 pictures per minute can be set."),
    "shadow_number": _("Between 1 and 1000 pictures can be searched for."),
    "shadow_no_subjects": _(
        "No subject has two pictures under both engines, so there is nothing to compare."
    ),
    "shadow_over": _("The templates of one engine were removed before the comparison was done."),
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
    # sources
    "source_in_use": _("Pictures of this register are in the gallery. Erase or move them first."),
    "source_is_last": _("A gallery has at least one source. Add another one first."),
    # quality and reviews
    "hygiene_running": _("A hygiene run of this gallery is under way. Wait for its end."),
    "score_running": _("A measurement of this gallery is under way. Wait for its end."),
    "score_source_unfit": _("Choose another gallery whose templates are made by the same engine."),
    "score_too_few": _("Too few people are enrolled to measure anything."),
    "score_rate_out_of_range": _("Between 1 in 2 and 1 in 10,000 searches can be set."),
    "gallery_empty": _("Nothing is enrolled in this gallery yet."),
    "review_decided": _("Somebody has decided on this meanwhile."),
    "review_no_such_decision": _("This cannot be decided so. Choose another decision."),
    "review_reason_missing": _("Give a reason."),
    "review_changed": _("The pictures are not where they were. Start another hygiene run."),
    "similarity_missing": _("Give a similarity between -1 and 1."),
    "image_not_of_subject": _("The picture is not one of this subject."),
}

GALLERY_FAULTS |= IMPORT_FAULTS

FAULTS |= GALLERY_FAULTS
