"""Every action of the record in plain words, in the groups that people look for them in."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.views import platform_acts
from portal.audit.actions import Action
from searches import search_timeline, timeline

Words = Mapping[Action, str | Promise]

LOOKS: Words = {
    Action.CASE_VIEWED: _("Case opened to look at"),
    Action.PROBE_VIEWED: _("Page of a picture opened"),
    Action.SEARCH_VIEWED: _("Search opened to look at"),
    Action.SEARCH_DOCUMENT_VIEWED: _("Document of an authorization downloaded"),
    Action.CANDIDATES_VIEWED: _("Candidates looked at"),
    Action.FACE_VIEWED: _("Face looked at in an examination"),
    Action.SUBJECT_VIEWED: _("Subject looked at"),
    Action.IMPORT_REJECTIONS_VIEWED: _("Rejected pictures of an import looked at"),
    Action.REPORT_DOWNLOADED: _("Report downloaded"),
    Action.BUNDLE_DOWNLOADED: _("Disclosure bundle downloaded"),
    Action.AGREEMENT_VIEWED: _("Agreement of the examiners looked at"),
}
OVERSIGHT: Words = {
    Action.RECORD_VIEWED: _("Record looked through"),
    Action.RECORD_ENTRY_VIEWED: _("Entry of the record looked at"),
    Action.RECORD_EXPORTED: _("Record exported"),
    Action.RECORD_REVIEWED: _("Week of the record signed off"),
    Action.RECORD_REVIEW_VIEWED: _("Review of a week opened"),
    Action.RECORD_REVIEW_REMINDED: _("Reminded of a week to be reviewed"),
    Action.SIGNING_KEY_CHANGED: _("Signing key changed"),
    Action.DESTINATION_ADDED: _("Place for signed heads added"),
    Action.DESTINATION_REMOVED: _("Place for signed heads removed"),
    Action.LOOKS_VIEWED: _("Looked up who looked at something"),
}
MISUSE: Words = {
    Action.ALERT_OPENED: _("Alert of misuse raised"),
    Action.ALERT_EXTENDED: _("Alert of misuse raised again"),
    Action.ALERTS_LISTED: _("Alerts looked through"),
    Action.ALERT_VIEWED: _("Alert looked at"),
    Action.ALERT_TAKEN: _("Alert taken on"),
    Action.ALERT_HANDED_OVER: _("Alert handed over"),
    Action.ALERT_CLOSED: _("Alert decided"),
    Action.ALERT_REOPENED: _("Alert opened again"),
}
TRANSPARENCY: Words = {
    Action.TRANSPARENCY_MADE: _("Transparency report made"),
    Action.TRANSPARENCY_PUBLISHED: _("Transparency report published"),
    Action.TRANSPARENCY_WITHDRAWN: _("Transparency report withdrawn"),
    Action.TRANSPARENCY_DOWNLOADED: _("Transparency report downloaded"),
    Action.PUBLIC_PAGE_CHANGED: _("Public page written"),
    Action.PUBLIC_PAGE_OPENED: _("Public page switched on"),
    Action.PUBLIC_PAGE_CLOSED: _("Public page switched off"),
}
REQUESTS: Words = {
    Action.REQUEST_RECEIVED: _("Request received"),
    Action.REQUEST_VIEWED: _("Request looked at"),
    Action.REQUESTS_LISTED: _("Requests looked through"),
    Action.REQUEST_TAKEN: _("Request taken on"),
    Action.REQUEST_MOVED: _("Request moved on"),
    Action.REQUEST_IDENTITY_CHECKED: _("Identity checked"),
    Action.REQUEST_EXTENDED: _("Deadline of a request extended"),
    Action.REQUEST_SUBJECT_ADDED: _("Subject added to a request"),
    Action.REQUEST_SUBJECT_REMOVED: _("Subject taken off a request"),
    Action.REQUEST_LINKED: _("Request linked as a duplicate"),
    Action.REQUEST_NOTE_ADDED: _("Note to a request written"),
    Action.REQUEST_DECIDED: _("Request decided"),
    Action.REQUEST_LETTER_MADE: _("Letter written"),
    Action.REQUEST_LETTER_SENT: _("Letter sent"),
    Action.REQUEST_LETTER_DOWNLOADED: _("Letter downloaded"),
    Action.REQUEST_WITHDRAWN: _("Request withdrawn"),
    Action.REQUEST_LAPSED: _("Request lapsed"),
    Action.REQUEST_ERASURE_ASKED: _("Erasure asked for to answer a request"),
    Action.REQUEST_ERASED: _("Erasure marked as done"),
    Action.REQUEST_REMINDED: _("Reminded of a request"),
}
CASES: Words = {
    **timeline.WORDS,
    **search_timeline.ALWAYS,
    Action.CASE_CATEGORY_ADDED: _("Case category added"),
    Action.CASE_CATEGORY_RENAMED: _("Case category renamed"),
    Action.CASE_CATEGORY_RETIRED: _("Case category retired"),
    Action.CASE_CATEGORY_RESTORED: _("Case category in use again"),
    Action.PROBE_ANALYSED: _("Faces looked for in a picture"),
    Action.PROBE_EDITED: _("Picture edited"),
    Action.PROBE_EDIT_UNDONE: _("Edit of a picture undone"),
    Action.SEARCH_REMINDED: _("Reminded of a search that is due"),
}
EXAMINATION: Words = {
    **search_timeline.WITH_RESULT,
    Action.FACE_DECIDED: _("Face decided on"),
    Action.EXAMINER_LENT: _("Examiner of another agency asked"),
    Action.EXAMINER_LENT_OUT: _("Own examiner lent to another agency"),
    Action.LOAN_USED: _("Lent examiner began"),
    Action.LOAN_REVOKED: _("Loan of an examiner ended"),
    Action.LOAN_DECLINED: _("Loan of an examiner declined"),
    Action.LENT_OUT_USED: _("Own examiner began at another agency"),
    Action.LENT_OUT_ENDED: _("Own examiner is lent no more"),
}
GALLERIES: Words = {
    Action.GALLERY_CREATED: _("Gallery created"),
    Action.REGISTER_ADDED: _("Source register added"),
    Action.REGISTER_CHANGED: _("Source register changed"),
    Action.REGISTER_RETIRED: _("Source register retired"),
    Action.GALLERY_SOURCE_ADDED: _("Source added to a gallery"),
    Action.RETENTION_CHANGED: _("Rule of retention changed"),
    Action.RETENTION_RUN: _("What has expired was removed"),
    Action.RETENTION_LISTED: _("List of what expires downloaded"),
    Action.HOLD_PLACED: _("Legal hold placed"),
    Action.HOLD_RELEASED: _("Legal hold released"),
    Action.GALLERY_SOURCE_REMOVED: _("Source removed from a gallery"),
    Action.SUBJECTS_EXPORTED: _("List of subjects exported"),
    Action.ENROLMENT_REQUESTED: _("Picture handed in for a gallery"),
    Action.IMAGE_ERASED: _("Picture erased"),
    Action.ERASURE_ASKED: _("Erasure asked for"),
    Action.ERASURE_RETRIED: _("Erasure tried again"),
    Action.ERASURE_PROVED: _("Erasure proved"),
    Action.ERASURE_FAILED: _("Erasure failed"),
    Action.TABLES_REWRITTEN: _("Tables written anew"),
    Action.ERASURE_VIEWED: _("Erasure looked at"),
    Action.IMAGE_ENROLLED: _("Picture enrolled"),
    Action.IMAGE_REJECTED: _("Picture not enrolled"),
    Action.IMPORT_OPENED: _("Import opened"),
    Action.IMPORT_STARTED: _("Import started"),
    Action.IMPORT_PAUSED: _("Import paused"),
    Action.IMPORT_RESUMED: _("Import resumed"),
    Action.IMPORT_CANCELLED: _("Import cancelled"),
    Action.IMPORT_FINISHED: _("Import finished"),
    Action.IMPORT_CLOSED: _("Files of an import removed"),
    Action.ENGINE_CHANGE_STARTED: _("Change of engine started"),
    Action.ENGINE_CHANGE_PACED: _("Change of engine paused, resumed or slowed"),
    Action.ENGINE_CHANGE_STOPPED: _("Change of engine stopped by an error"),
    Action.ENGINE_CHANGE_READY: _("Gallery embedded anew"),
    Action.ENGINE_CHANGE_RETRIED: _("Rejected pictures tried again"),
    Action.ENGINE_CHANGE_ASKED: _("Cut-over or roll-back asked for"),
    Action.ENGINE_CHANGE_CUT_OVER: _("Gallery cut over to another engine"),
    Action.ENGINE_CHANGE_ROLLED_BACK: _("Gallery rolled back to the engine of before"),
    Action.ENGINE_CHANGE_ENDING: _("Removal of an engine's templates asked for"),
    Action.ENGINE_CHANGE_ENDED: _("Templates of an engine removed"),
    Action.ENGINE_CHANGE_COMPARING: _("Shadow search asked for"),
    Action.ENGINE_CHANGE_COMPARED: _("Shadow search done"),
    Action.ENGINE_CHANGE_REPORT_VIEWED: _("Report of a shadow search looked at"),
    Action.ENGINE_CHANGE_REPORT_DOWNLOADED: _("Report of a shadow search downloaded"),
    Action.GRANT_OFFERED: _("Gallery offered to another agency"),
    Action.GRANT_RECEIVED: _("Gallery offered by another agency"),
    Action.GRANT_ACCEPTED: _("Grant of a gallery accepted"),
    Action.GRANT_DECLINED: _("Grant of a gallery declined or given up"),
    Action.GRANT_REVOKED: _("Grant of a gallery revoked"),
    Action.GRANT_VIEWED: _("Uses of a grant looked at"),
    Action.GALLERY_SEARCHED_BY_OTHER: _("Gallery searched by another agency"),
    Action.ORIGIN_RESOLVED: _("Candidate of another agency looked up"),
    Action.IMAGE_HELD: _("Picture held for review"),
    Action.IMAGE_MOVED: _("Picture moved to another subject"),
    Action.SUBJECT_MERGED: _("Subject merged into another"),
    Action.SUBJECT_BEST_SET: _("Representing picture chosen"),
    Action.GALLERY_QUALITY_CHANGED: _("Quality settings of a gallery changed"),
    Action.HYGIENE_REQUESTED: _("Hygiene run asked for"),
    Action.HYGIENE_FINISHED: _("Hygiene run finished"),
    Action.HYGIENE_FAILED: _("Hygiene run failed"),
    Action.GALLERY_REVIEW_VIEWED: _("Review of a gallery looked at"),
    Action.GALLERY_REVIEW_DECIDED: _("Review of a gallery decided"),
}
ACCESS: Words = {
    Action.LOGIN: _("Logged in"),
    Action.LOGIN_FAILED: _("Log-in refused"),
    Action.LOGOUT: _("Logged out"),
    Action.SESSION_ENDED: _("Session ended"),
    Action.AGENCY_SWITCHED: _("Went to another agency"),
    Action.NOTICE_ACCEPTED: _("Notice accepted"),
    Action.PASSWORD_CHANGED: _("Password changed"),
    Action.FACTOR_ADDED: _("Second factor added"),
    Action.FACTOR_REMOVED: _("Second factor removed"),
    Action.FACTORS_RESET: _("Second factors taken off by an administrator"),
    Action.ACCOUNT_CHANGED: _("Own account changed"),
    Action.ACCOUNT_LOCKED: _("Account locked"),
    Action.ACCOUNT_DISABLED: _("Unused account disabled"),
    Action.ACCOUNT_WARNED: _("Warned of disabling an unused account"),
    Action.ACCOUNT_RELEASED: _("Account released"),
    Action.TOKEN_CREATED: _("API token made"),
    Action.TOKEN_REVOKED: _("API token revoked"),
    Action.WEBHOOK_ADDED: _("Webhook added"),
    Action.WEBHOOK_CHANGED: _("Webhook changed"),
    Action.WEBHOOK_REMOVED: _("Webhook removed"),
    Action.WEBHOOK_ENABLED: _("Webhook enabled"),
    Action.WEBHOOK_DISABLED: _("Webhook disabled"),
    Action.WEBHOOK_SECRET_ROTATED: _("Secret of a webhook replaced"),
    Action.WEBHOOK_TESTED: _("Test sent to a webhook"),
    Action.WEBHOOK_REPLAYED: _("Sent to a webhook once more"),
}
PEOPLE: Words = {
    Action.MEMBER_ADDED: _("Person added"),
    Action.MEMBER_ROLES_CHANGED: _("Roles changed"),
    Action.MEMBER_DEACTIVATED: _("Person deactivated"),
    Action.MEMBER_REACTIVATED: _("Person active again"),
    Action.INVITATION_SENT: _("Invitation sent"),
    Action.INVITATION_RESENT: _("Invitation sent again"),
    Action.INVITATION_REVOKED: _("Invitation revoked"),
    Action.INVITATION_REFUSED: _("Invitation refused"),
    Action.INVITATION_ACCEPTED: _("Invitation accepted"),
    Action.SANDBOX_FILLED: _("Training place filled"),
    Action.PRACTICE_PICTURE_DOWNLOADED: _("Practice picture downloaded"),
    Action.PRACTICE_EXAMINED: _("Practice search examined by the made-up examiners"),
    Action.EXERCISE_STARTED: _("Proficiency exercise begun"),
    Action.EXERCISE_ANSWERED: _("Pair of an exercise answered"),
    Action.EXERCISE_FINISHED: _("Proficiency exercise finished"),
    Action.EXERCISE_VIEWED: _("Result of an exercise looked at"),
    Action.EXERCISES_LISTED: _("Results of exercises looked through"),
    Action.PROFICIENCY_RULES_CHANGED: _("Rules of exercises changed"),
    Action.CERTIFICATE_ADDED: _("Training certificate entered"),
    Action.CERTIFICATE_WITHDRAWN: _("Training certificate withdrawn"),
    Action.CERTIFICATE_VIEWED: _("Evidence of a training opened"),
    Action.CERTIFICATE_REMINDED: _("Reminded of a training that ends"),
    Action.DIGEST_SENT: _("Told of what waits by e-mail"),
    Action.CERTIFICATES_REQUIRED: _("Whether training is required changed"),
}
SETTINGS: Words = {
    Action.POLICY_CHANGED: _("Security policies changed"),
    Action.SSO_CHANGED: _("Single sign-on changed"),
    Action.SSO_ENABLED: _("Single sign-on switched on"),
    Action.SSO_DISABLED: _("Single sign-on switched off"),
    Action.SSO_DOMAIN_PROPOSED: _("Domain for single sign-on proposed"),
    Action.SSO_DOMAIN_REMOVED: _("Domain for single sign-on removed"),
    Action.SSO_LINKED: _("Person linked to single sign-on"),
    Action.SSO_LINK_RELEASED: _("Link to single sign-on released"),
    Action.SSO_REFUSED: _("Log-in by single sign-on refused"),
}
BILLING: Words = {
    Action.INVOICE_VIEWED: _("Page of an invoice opened"),
    Action.INVOICE_DOWNLOADED: _("Invoice downloaded"),
    Action.USAGE_EXPORTED: _("Usage exported"),
    Action.USAGE_WARNED: _("Warned that a limit is nearly used up"),
    Action.LICENSE_REMINDED: _("Reminded of a license that ends"),
    Action.BILLING_EXPORTED: _("Billing exported"),
    Action.TAX_RATE_SAVED: _("Tax rate saved"),
    Action.PLAN_CREATED: _("Plan created"),
    Action.PLAN_PUBLISHED: _("Plan published"),
}
PLATFORM: Words = {
    **platform_acts.WORDS,
    Action.STAFF_SESSION_OPENED: _("Staff session opened"),
    Action.STAFF_SESSION_REFUSED: _("Staff session refused"),
    Action.STAFF_SESSION_ENDED: _("Staff session ended"),
    Action.STAFF_ADDED: _("Person of the staff added"),
    Action.STAFF_CHANGED: _("Person of the staff changed"),
    Action.STAFF_VIEWED: _("Person of the staff looked at"),
    Action.OFFBOARDING_OPENED: _("End of the agency begun"),
    Action.OFFBOARDING_EXPORTED: _("Everything exported for the end"),
    Action.OFFBOARDING_DOWNLOAD_BEGUN: _("Download of the export begun"),
    Action.OFFBOARDING_DOWNLOADED: _("Export downloaded"),
    Action.OFFBOARDING_CONFIRMED: _("Destruction confirmed"),
    Action.OFFBOARDING_KEY_DESTROYED: _("Key destroyed"),
    Action.OFFBOARDING_DESTROYED: _("Data destroyed"),
    Action.OFFBOARDING_FAILED: _("Step of the end failed"),
    Action.OFFBOARDING_RECEIPT_VIEWED: _("Receipt of the destruction looked at"),
}
GROUPS: list[tuple[str | Promise, Words]] = [
    (_("Looks and downloads"), LOOKS),
    (_("Cases, pictures and searches"), CASES),
    (_("Examinations"), EXAMINATION),
    (_("Galleries"), GALLERIES),
    (_("Log-ins and accounts"), ACCESS),
    (_("People and training"), PEOPLE),
    (_("Settings"), SETTINGS),
    (_("License and bills"), BILLING),
    (_("The platform"), PLATFORM),
    (_("The record itself"), OVERSIGHT),
    (_("Misuse"), MISUSE),
    (_("The public"), TRANSPARENCY),
    (_("Requests about data"), REQUESTS),
]
WORDS: dict[str, str | Promise] = {
    action.value: words for _group, part in GROUPS for action, words in part.items()
}


def words_of(action: str) -> str:
    """The action in words; a code that no longer exists stands for itself."""
    return str(WORDS.get(action, action))


def choices() -> list[tuple[str, list[tuple[str, str]]]]:
    """For a select: the actions by group, each group in the order of its words."""
    return [
        (str(group), sorted(((a.value, str(w)) for a, w in part.items()), key=lambda one: one[1]))
        for group, part in GROUPS
    ]
