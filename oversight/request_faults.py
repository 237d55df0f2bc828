"""What can go wrong about public pages and requests of data subjects."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.faults import FAULTS as ACCOUNT_FAULTS
from galleries.faults import GALLERY_FAULTS

REQUEST_FAULTS: dict[str, str | Promise] = {
    "public_page_empty": _(
        "Write at least the policy and how to reach your agency in one language before you"
        " switch the page on."
    ),
    "public_page_stale": _("Somebody else saved the page in the meantime. Look at it again."),
    "public_page_unchanged": _("Nothing was changed."),
    "request_address_missing": _(
        "Say where the answer should go: an e-mail address, or a postal address."
    ),
    "request_closed": _("This request is closed. Nothing more is changed in it."),
    "request_duplicate_unknown": _("There is no other request with this number."),
    "request_erase_by": _("Say by when the data are to be erased: a day from today on."),
    "request_erased": _("That was told already, or there is nothing to erase."),
    "request_erasure_asked": _("The erasure is asked for already. Its receipt is still to come."),
    "request_nothing_to_erase": _(
        "None of the chosen subjects is in a gallery any more. Mark the erasure as done."
    ),
    "request_extended": _("The time can be extended once, while it runs, with a reason."),
    "request_ground_missing": _("Give the ground of the refusal."),
    "request_identity_unchecked": _(
        "Check the identity first: nobody gets access or an erasure unchecked."
    ),
    "request_not_for_people": _("Leave the field that is marked so empty."),
    "request_not_lapsed": _("The person has 30 days to answer before the request lapses."),
    "request_order": _("The request cannot go there from the state it is in."),
    "request_own": _("This request is your own. Somebody else handles it."),
    "request_second_person": _("You checked the identity. Somebody else decides."),
    "request_sent": _("Mark the letter as sent once there is one."),
    "request_subject_unknown": _("No gallery has a subject with this reference."),
    "public_page_text_too_long": _("A text may have at most 8000 characters."),
    "request_text_missing": _("Write something."),
    "request_text_too_long": _("A text may have at most 4000 characters."),
    "request_too_many": _(
        "Too many requests came from here. Try again in some hours, or write to the agency by post."
    ),
    "request_received_wrong": _("The day of receipt is in the future, or more than a year ago."),
    "request_withheld": _(
        "To leave something out, choose what and on which ground; only an access can be"
        " answered so."
    ),
}
REQUEST_FAULTS |= {
    # As in searches, with the same words.
    "submission_conflict": _("This form was sent before with other values. Start again."),
    "reason_too_short": ACCOUNT_FAULTS["reason_too_short"],
    "image_under_hold": GALLERY_FAULTS["image_under_hold"],
    "erasure_nothing_there": GALLERY_FAULTS["erasure_nothing_there"],
}
