"""What can go wrong for a user: stable codes and words that say what to do."""

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.faults import FAULTS as ACCOUNT_FAULTS
from portal.faults import CodedFault
from searches.decoder.rejections import MESSAGES as IMAGE_MESSAGES
from searches.images import ImageRejected

FAULTS: dict[str, str | Promise] = {
    "sandbox_picture": _(
        "This is a training place, and takes none but its own drawn pictures. Use one that the page"
        " “Training” offers, and never a picture of a real person."
    ),
    # enrolment
    "no_face": _("No face was found. Use a picture in which the face is seen from the front."),
    "several_faces": _("Several faces were found. Cut the picture down to the one person."),
    "face_too_small": _("The face is too small. Use a picture with more pixels on the face."),
    "face_unusable": _("The face cannot be measured. Use another picture of the person."),
    "duplicate_file": _("This very file is in the gallery already."),
    "duplicate_subject_file": _("This very file is in the gallery under another subject."),
    "file_was_erased": _("This very file was erased here before. It is not enrolled again."),
    "gallery_erased": _("The gallery was erased meanwhile. Choose another one."),
    "subject_erased": _("The subject was erased meanwhile. Use another reference."),
    "file_is_held": _("This very file is held already, until somebody decides on it."),
    "review_discarded": _("Somebody looked at the picture and discarded it."),
    "reference_missing": _("A subject reference is needed."),
    "reference_too_long": _("A subject reference may have at most 120 characters."),
    "register_other_kind": _("The register is of another kind than the gallery. Choose another."),
    "register_retired": _("This register takes no more pictures. Choose another one."),
    "register_agreement_ended": _("The agreement on this register has ended: renew it first."),
    "register_not_of_gallery": _(
        "This register is not one of the gallery's sources. Add it first."
    ),
    "contract_of_gallery": _("The gallery is searched with another engine. Ask the operator."),
    "not_a_file": _("Only plain files are read; links and devices are not."),
    "file_not_readable": _("The file cannot be read. Check its permissions."),
    # cases
    "case_not_a_member": _("You are not a member of this case. Ask its owner to add you."),
    "case_closed": _("The case is closed. A supervisor can open it again."),
    "case_not_closed": _("The case is open already."),
    "case_cap_reached": _("The case has had all its searches. A supervisor can allow it more."),
    "case_cap_unchanged": _("The case may have this many searches already."),
    "case_cap_out_of_range": _("A case may have 1 to 10000 searches."),
    "case_held": _("The case is under legal hold already."),
    "case_not_held": _("The case is not under legal hold."),
    "case_member_already": _("This person is a member already."),
    "case_person_not_eligible": _("Choose an active person of your agency whose role permits it."),
    "case_owner_already": _("This person owns the case already."),
    "case_owner_stays": _("The owner stays a member. Make somebody else the owner first."),
    "category_missing": _("Choose one of your agency's categories."),
    "category_retired": _("This category is not in use any more. Choose another one."),
    "note_empty": _("The note is empty."),
    "note_too_long": _("At most 4000 characters are kept."),
    # searching
    "probe_not_ready": _("The picture is still being examined. Wait until its faces are shown."),
    "probe_searched": _(
        "The picture has been searched with and stays as it is. Upload it again to change it."
    ),
    "probe_erased": _("The picture was removed: nothing came of it in time. Upload it again."),
    "capture_in_future": _("The picture cannot have been taken on a day that has not come yet."),
    "capture_kind_unknown": _("Choose what took the picture."),
    "capture_place_missing": _("Say where the picture was taken."),
    "capture_text_too_long": _("Place and device may have at most 300 characters each."),
    "probe_without_face": _(
        "No face was found in the picture, also when turned. Upload another picture."
    ),
    "face_not_in_probe": _("Choose one of the faces shown."),
    "face_not_chosen": _("The picture shows several faces. Choose the one to search for."),
    "no_gallery": _("Choose at least one gallery to search in."),
    "limit_out_of_range": _("Between 2 and 50 candidates can be asked for."),
    "submission_conflict": _("This form was sent before with other values. Start again."),
    "contracts_differ": _(
        "These galleries are searched with different engines. Search in one after the other."
    ),
    "face_not_found_again": _(
        "The engine of this gallery does not find the chosen face. Choose another face or picture."
    ),
    "contract_missing": _("The galleries were enrolled with another engine. Ask the operator."),
    "source_purpose_not_permitted": _(
        "A register in one of these galleries does not permit this purpose. Leave the gallery out."
    ),
    "purpose_unknown": _("Choose a purpose of the list."),
    "gallery_not_licensed": _("Your agency's license does not permit searching this gallery."),
    "basis_unknown": _("Choose a legal basis of the list."),
    "search_reason_missing": _("Say in at least 10 characters why this face is searched for."),
    "facts_missing": _(
        "State in at least 10 characters the facts on which the person is to be identified."
    ),
    "authorization_reference_missing": _(
        "Give the reference of the authorization, in at most 200 characters."
    ),
    "document_missing": _("Add the document of the authorization."),
    "document_empty": _("The file is empty. Choose the document again."),
    "document_too_large": _("The file is too large. Scan the document at a lower quality."),
    "document_not_accepted": _("The document must be a PDF, JPEG or PNG file."),
    "text_too_long": _("The text is too long: at most 4000 characters are kept."),
    # authorization
    "own_search": _("Somebody else has to do this: the search is your own."),
    "not_awaiting_authorization": _("The search does not wait for an authorization any more."),
    "decision_reason_missing": _("Give the reason of your decision in at least 10 characters."),
    "case_under_hold": _(
        "The case is under legal hold: nothing of it is erased. Lift the hold before you refuse."
    ),
    "results_locked": _(
        "The results are locked: nobody authorized this urgent search within 48 hours. A"
        " supervisor can still decide on it."
    ),
    # examination
    "round_not_open": _("There is nothing to examine in this search now."),
    "examination_taken": _("Somebody else is examining this search already."),
    "examiner_not_independent": _(
        "You have seen these candidates in another round. Somebody else has to examine them now."
    ),
    "examination_closed": _("This examination is over and does not change any more."),
    "examination_erased": _(
        "What was examined here has been erased with its search. Nothing of it is left to show."
    ),
    "face_not_in_examination": _("This examination has no such face."),
    "disposition_unknown": _("Choose one of the decisions, and the features of the list."),
    "checklist_incomplete": _(
        "The checklist does not bear this out. To keep a face takes three similar features; to"
        " exclude it, a dissimilar one or a comment; to leave it undecided, one that is not"
        " visible or a comment."
    ),
    "candidates_undecided": _("Decide about every face before you submit the examination."),
    # examiners of other agencies
    "adjudication_not_lent": _("Only somebody of your own agency can adjudicate."),
    "loan_days_out_of_range": _("An examiner is lent for 1 to 30 days."),
    "loan_over": _("This loan is over. Nothing can be done with it any more."),
    "loan_standing": _("This address is asked already. Withdraw that first to change it."),
    "loan_to_colleague": _(
        "This person belongs to your agency. They examine what waits for them without being asked."
    ),
    "loans_too_many": _(
        "Three people are asked for this examination already. Withdraw one to ask another."
    ),
    # galleries of other agencies
    "grant_agency_missing": _("Name the agency by its short name or its full name."),
    "grant_to_own_agency": _("This is your own agency. It searches its galleries as it is."),
    "grant_purposes_missing": _("Choose at least one purpose."),
    "grant_purpose_not_of_source": _(
        "A register in this gallery does not permit one of these purposes. Leave the purpose out."
    ),
    "grant_period_out_of_range": _(
        "A grant ends today or later, not before it begins, and after two years at the latest."
    ),
    "grant_searches_out_of_range": _("Between 1 and 10000 searches can be granted."),
    "grant_agreement_missing": _("Give the reference of the agreement between the agencies."),
    "grant_answered": _("This grant was answered or revoked already."),
    "grant_over": _(
        "The other agency's grant is not in force: it was revoked or given up, its time is over or"
        " has not begun, or that agency does not work. Nothing was searched."
    ),
    "grant_used_up": _("All searches that the other agency granted in this gallery are used."),
    "grant_purpose": _(
        "The other agency does not grant its gallery for this purpose. Leave the gallery out."
    ),
    "grant_other_contract": _(
        "The other agency's gallery is enrolled with another engine, so it cannot be searched with"
        " this one. Leave the gallery out."
    ),
    "grant_picture_unreadable": _(
        "A picture of the other agency's gallery cannot be read. Tell that agency."
    ),
    "origin_unknown": _("This is no code of a candidate from one of your agency's galleries."),
    "not_concluded": _("The search is not concluded yet."),
    "content_erased": _(
        "What the search was made of and what it brought were erased, so there are no documents."
    ),
    "follow_up_unknown": _("Choose one of the outcomes."),
    # editing the probe
    "edit_unknown": _("Pictures can only be cropped, rotated, brightened, deinterlaced or scaled."),
    "edit_out_of_range": _("These values are outside of what is possible with this picture."),
    "edit_without_effect": _("This would change nothing. Give other values."),
    "edit_too_large": _("The picture would become too large. Crop it first, or scale it less."),
    "edit_too_small": _(
        "The picture would become too small. At least 16 pixels a side are needed."
    ),
    "edit_picture_changed": _(
        "The picture was changed meanwhile. It is shown as it is now; nothing else was changed."
    ),
    "edit_none": _("The picture is the original already."),
    # the worker
    "token_missing": _("The search was never sealed. Submit it again."),
    "token_mismatch": _(
        "The search is not what was sealed when it was permitted, so it was not done. Tell your"
        " supervisor."
    ),
    "token_expired": _("The permission had expired before the search was done. Submit it again."),
    "galleries_changed": _(
        "Pictures were removed from the galleries after the search was permitted. Submit it again."
    ),
    "authorization_refused": _("A supervisor refused the search. It was not done."),
    "authorization_lapsed": _("Nobody authorized the search in time. It was not done."),
    "agency_suspended": _(
        "The agency was suspended or closed before the work began. Nothing was done."
    ),
    "gave_up": _("The work failed several times. Try again; if it fails again, tell the operator."),
    "file_unreadable": _("The stored picture cannot be read. Tell the operator; upload it again."),
    "engine_failed": _("The face engine could not work on this picture. Try another picture."),
}

# What the license refuses; the words are the same wherever it does.
LICENSE_CODES = (
    "license_missing",
    "license_pending",
    "license_expired",
    "license_suspended",
    "license_terminated",
    "license_tampered",
    "quota_used_up",
    "purpose_not_licensed",
    "source_kind_not_licensed",
    "reservation_ended",
)
FAULTS |= {code: ACCOUNT_FAULTS[code] for code in (*LICENSE_CODES, "reason_too_short")}


class Fault(CodedFault):
    """A request that cannot be met; nothing was changed. `code` is a key of FAULTS."""

    words = FAULTS


def message_of(code: str) -> str:
    """The words for a code kept on a row: a fault's, or a picture's rejection without details."""
    if code in FAULTS:
        return str(FAULTS[code])
    if code in IMAGE_MESSAGES:
        return gettext("The picture was rejected.")
    return gettext("It failed. Tell the operator this code: %(code)s.") % {"code": code}


def rejection_message(rejected: ImageRejected) -> str:
    """A picture's rejection in the user's language."""
    return rejected.translated(gettext)


class PictureRefused(CodedFault):
    """A picture's rejection as programs are told of it."""

    words = IMAGE_MESSAGES

    def __init__(self, rejected: ImageRejected) -> None:
        super().__init__(rejected.code)
        self._rejected = rejected

    @property
    def message(self) -> str:
        return rejection_message(self._rejected)
