"""Every action of the record in plain words, in the groups that people look for them in."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.views import platform_acts
from oversight.action_words_galleries import GALLERIES, Words
from portal.audit.actions import Action
from searches import search_timeline, timeline

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
    Action.RECORD_FORMER_VIEWED: _("Record of the former installation looked through"),
    Action.RECORD_FORMER_EXPORTED: _("Record of the former installation downloaded"),
    Action.BACKUP_MADE: _("Backup made"),
    Action.BACKUP_RESTORED: _("Backup restored"),
    Action.RECORD_REVIEWED: _("Week of the record signed off"),
    Action.RECORD_REVIEW_VIEWED: _("Review of a week opened"),
    Action.RECORD_REVIEW_REMINDED: _("Reminded of a week to be reviewed"),
    Action.FILES_CHECKED: _("Stored files compared with the rows"),
    Action.KEYS_REWRAPPED: _("Data key wrapped by another master key"),
    Action.KEY_ROTATED: _("New version of the data key"),
    Action.KEY_FILES_RESEALED: _("Files sealed by the new version of the data key"),
    Action.KEY_TEXTS_RESEALED: _("Texts sealed by the new version of the data key"),
    Action.KEY_VERSIONS_ENDED: _("Older versions of the data key destroyed"),
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
    Action.DRAFT_BEGUN: _("Draft of a search begun"),
    Action.DRAFT_DISCARDED: _("Draft of a search removed"),
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
    Action.OPERATION_CHANGED: _("Way of working of the portal changed"),
    Action.BROADCAST_MADE: _("Notice to everybody written"),
    Action.BROADCAST_WITHDRAWN: _("Notice to everybody taken back"),
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
