"""The closed list of what can be recorded, and the fields each record must carry."""

from dataclasses import dataclass
from enum import StrEnum


class Action(StrEnum):
    LOGIN = "login"
    LOGIN_FAILED = "login.failed"
    LOGOUT = "logout"
    AGENCY_CREATED = "agency.created"
    AGENCY_CHANGED = "agency.changed"
    AGENCY_VIEWED = "agency.viewed"
    AGENCY_ACTIVATED = "agency.activated"
    AGENCY_SUSPENDED = "agency.suspended"
    AGENCY_RESUMED = "agency.resumed"
    AGENCY_CLOSED = "agency.closed"
    STAFF_SESSION_OPENED = "staff_session.opened"
    STAFF_SESSION_REFUSED = "staff_session.refused"
    STAFF_SESSION_ENDED = "staff_session.ended"
    STAFF_ADDED = "staff.added"
    STAFF_CHANGED = "staff.changed"
    STAFF_VIEWED = "staff.viewed"
    PLATFORM_LISTED = "platform.listed"
    AGENCY_SWITCHED = "agency.switched"
    MEMBER_ADDED = "member.added"
    MEMBER_ROLES_CHANGED = "member.roles_changed"
    MEMBER_DEACTIVATED = "member.deactivated"
    MEMBER_REACTIVATED = "member.reactivated"
    INVITATION_SENT = "invitation.sent"
    INVITATION_RESENT = "invitation.resent"
    INVITATION_REVOKED = "invitation.revoked"
    INVITATION_REFUSED = "invitation.refused"
    INVITATION_ACCEPTED = "invitation.accepted"
    ACCOUNT_CHANGED = "account.changed"
    PASSWORD_CHANGED = "password.changed"  # noqa: S105 - a name
    PLAN_CREATED = "plan.created"
    PLAN_PUBLISHED = "plan.published"
    LICENSE_DRAFTED = "license.drafted"
    LICENSE_CHANGED = "license.changed"
    LICENSE_SIGNED = "license.signed"
    LICENSE_OVERAGE_APPROVED = "license.overage_approved"
    LICENSE_SUSPENDED = "license.suspended"
    LICENSE_RESUMED = "license.resumed"
    LICENSE_TERMINATED = "license.terminated"
    LICENSE_VIEWED = "license.viewed"
    LICENSE_REMINDED = "license.reminded"
    LICENSE_TAMPERED = "license.tampered"
    FACTOR_ADDED = "factor.added"
    FACTOR_REMOVED = "factor.removed"
    FACTORS_RESET = "factors.reset"
    GALLERY_CREATED = "gallery.created"
    SUBJECT_VIEWED = "subject.viewed"
    ENROLMENT_REQUESTED = "enrolment.requested"
    IMAGE_ENROLLED = "image.enrolled"
    IMAGE_REJECTED = "image.rejected"
    CASE_OPENED = "case.opened"
    CASE_VIEWED = "case.viewed"
    CASE_CLOSED = "case.closed"
    CASE_REOPENED = "case.reopened"
    CASE_OWNER_CHANGED = "case.owner_changed"
    CASE_MEMBER_ADDED = "case.member_added"
    CASE_MEMBER_ENDED = "case.member_ended"
    CASE_NOTE_ADDED = "case.note_added"
    CASE_CAP_CHANGED = "case.cap_changed"
    CASE_HELD = "case.held"
    CASE_HOLD_LIFTED = "case.hold_lifted"
    CASE_CATEGORY_ADDED = "case_category.added"
    CASE_CATEGORY_RENAMED = "case_category.renamed"
    CASE_CATEGORY_RETIRED = "case_category.retired"
    CASE_CATEGORY_RESTORED = "case_category.restored"
    PROBE_UPLOADED = "probe.uploaded"
    PROBE_ANALYSED = "probe.analysed"
    PROBE_TURNED = "probe.turned"
    PROBE_REJECTED = "probe.rejected"
    PROBE_EDITED = "probe.edited"
    PROBE_EDIT_UNDONE = "probe.edit_undone"
    PROBE_VIEWED = "probe.viewed"
    SEARCH_SUBMITTED = "search.submitted"
    SEARCH_FINISHED = "search.finished"
    SEARCH_FAILED = "search.failed"
    SEARCH_AUTHORIZED = "search.authorized"
    SEARCH_EXPIRED = "search.expired"
    SEARCH_ERASED = "search.erased"
    SEARCH_DISPUTED = "search.disputed"
    SEARCH_CONCLUDED = "search.concluded"
    RESULTS_LOCKED = "results.locked"
    CANDIDATES_VIEWED = "candidates.viewed"
    EXAMINATION_STARTED = "examination.started"
    EXAMINATION_SUBMITTED = "examination.submitted"
    EXAMINATION_RETURNED = "examination.returned"
    FACE_VIEWED = "face.viewed"
    FACE_DECIDED = "face.decided"
    FOLLOW_UP_REPORTED = "follow_up.reported"
    SESSION_ENDED = "session.ended"
    TOKEN_CREATED = "token.created"  # noqa: S105 - the name of an act
    TOKEN_REVOKED = "token.revoked"  # noqa: S105 - the name of an act
    CERTIFICATE_ADDED = "certificate.added"
    CERTIFICATE_WITHDRAWN = "certificate.withdrawn"
    CERTIFICATE_VIEWED = "certificate.viewed"
    CERTIFICATE_REMINDED = "certificate.reminded"
    CERTIFICATES_REQUIRED = "certificates.required"
    USAGE_EXPORTED = "usage.exported"
    USAGE_WARNED = "usage.warned"
    USAGE_UNPROVEN = "usage.unproven"
    BILLING_ACCOUNT_SAVED = "billing_account.saved"
    INVOICE_DRAFTED = "invoice.drafted"
    INVOICE_DISCARDED = "invoice.discarded"
    INVOICE_ISSUED = "invoice.issued"
    CREDIT_NOTE_ISSUED = "credit_note.issued"
    INVOICE_SENT = "invoice.sent"
    INVOICE_REMINDED = "invoice.reminded"
    PAYMENT_RECORDED = "payment.recorded"
    PAYMENT_REVERSED = "payment.reversed"
    STATEMENT_VIEWED = "statement.viewed"
    TAX_RATE_SAVED = "tax_rate.saved"
    BILLING_EXPORTED = "billing.exported"
    INVOICE_VIEWED = "invoice.viewed"
    INVOICE_DOWNLOADED = "invoice.downloaded"
    POLICY_CHANGED = "policy.changed"
    NOTICE_ACCEPTED = "notice.accepted"
    ACCOUNT_LOCKED = "account.locked"
    ACCOUNT_DISABLED = "account.disabled"
    ACCOUNT_WARNED = "account.warned"
    ACCOUNT_RELEASED = "account.released"
    SSO_CHANGED = "sso.changed"
    SSO_ENABLED = "sso.enabled"
    SSO_DISABLED = "sso.disabled"
    SSO_DOMAIN_PROPOSED = "sso.domain_proposed"
    SSO_DOMAIN_REMOVED = "sso.domain_removed"
    SSO_DOMAIN_CONFIRMED = "sso.domain_confirmed"
    SSO_DOMAIN_WITHDRAWN = "sso.domain_withdrawn"
    SSO_LINKED = "sso.linked"
    SSO_LINK_RELEASED = "sso.link_released"
    SSO_REFUSED = "sso.refused"
    OFFBOARDING_OPENED = "offboarding.opened"
    OFFBOARDING_PROLONGED = "offboarding.prolonged"
    OFFBOARDING_EXPORTED = "offboarding.exported"
    OFFBOARDING_DOWNLOAD_BEGUN = "offboarding.download_begun"
    OFFBOARDING_DOWNLOADED = "offboarding.downloaded"
    OFFBOARDING_CONFIRMED = "offboarding.confirmed"
    OFFBOARDING_KEY_DESTROYED = "offboarding.key_destroyed"
    OFFBOARDING_DESTROYED = "offboarding.destroyed"
    OFFBOARDING_FAILED = "offboarding.failed"
    OFFBOARDING_RECEIPT_VIEWED = "offboarding.receipt_viewed"


@dataclass(frozen=True, slots=True)
class Fields:
    """Names of the data fields an entry of one action has; content never belongs in them."""

    required: frozenset[str] = frozenset()
    optional: frozenset[str] = frozenset()


def _fields(*required: str, optional: tuple[str, ...] = ()) -> Fields:
    return Fields(frozenset(required), frozenset(optional))


FIELDS: dict[Action, Fields] = {
    Action.LOGIN: _fields("methods"),
    Action.LOGIN_FAILED: _fields("step"),
    Action.LOGOUT: _fields(),
    Action.AGENCY_CREATED: _fields("slug"),
    Action.AGENCY_CHANGED: _fields("fields"),
    Action.AGENCY_VIEWED: _fields(),
    Action.AGENCY_ACTIVATED: _fields("from"),
    Action.AGENCY_SUSPENDED: _fields("from"),
    Action.AGENCY_RESUMED: _fields("to"),
    Action.AGENCY_CLOSED: _fields("from"),
    Action.STAFF_SESSION_OPENED: _fields("minutes"),
    Action.STAFF_SESSION_REFUSED: _fields("code"),
    Action.STAFF_SESSION_ENDED: _fields(),
    Action.STAFF_ADDED: _fields(),
    Action.STAFF_CHANGED: _fields("fields"),
    Action.STAFF_VIEWED: _fields(),
    Action.PLATFORM_LISTED: _fields("model", "rows"),
    Action.AGENCY_SWITCHED: _fields(),
    Action.MEMBER_ADDED: _fields("roles"),
    Action.MEMBER_ROLES_CHANGED: _fields("before", "after"),
    Action.MEMBER_DEACTIVATED: _fields("roles"),
    Action.MEMBER_REACTIVATED: _fields("roles"),
    Action.INVITATION_SENT: _fields("roles"),
    Action.INVITATION_RESENT: _fields(),
    Action.INVITATION_REVOKED: _fields(),
    Action.INVITATION_REFUSED: _fields("try"),
    Action.INVITATION_ACCEPTED: _fields("membership", "roles"),
    Action.ACCOUNT_CHANGED: _fields("fields"),
    Action.PASSWORD_CHANGED: _fields(),
    Action.PLAN_CREATED: _fields("code", "version"),
    Action.PLAN_PUBLISHED: _fields("code", "version"),
    Action.LICENSE_DRAFTED: _fields("number", "version"),
    Action.LICENSE_CHANGED: _fields("number", "version", "fields"),
    Action.LICENSE_SIGNED: _fields("number", "version", "key"),
    Action.LICENSE_OVERAGE_APPROVED: _fields("number", "version"),
    Action.LICENSE_SUSPENDED: _fields("number", "effective_at"),
    Action.LICENSE_RESUMED: _fields("number", "effective_at"),
    Action.LICENSE_TERMINATED: _fields("number", "effective_at"),
    Action.LICENSE_VIEWED: _fields("number"),
    Action.LICENSE_REMINDED: _fields("number", "ends_on", "days"),
    Action.LICENSE_TAMPERED: _fields("license", "version"),
    Action.FACTOR_ADDED: _fields("type"),
    Action.FACTOR_REMOVED: _fields("type"),
    Action.FACTORS_RESET: _fields("types"),
    Action.GALLERY_CREATED: _fields("retention_days", "source_kind"),
    Action.SUBJECT_VIEWED: _fields("gallery"),
    Action.ENROLMENT_REQUESTED: _fields("gallery", "sha256"),
    Action.IMAGE_ENROLLED: _fields("gallery", "subject", "sha256", "contract"),
    Action.IMAGE_REJECTED: _fields("gallery", "code"),
    Action.CASE_OPENED: _fields("purpose", "category"),
    Action.CASE_VIEWED: _fields(),
    Action.CASE_CLOSED: _fields(),
    Action.CASE_REOPENED: _fields(),
    Action.CASE_OWNER_CHANGED: _fields("before", "after"),
    Action.CASE_MEMBER_ADDED: _fields("person"),
    Action.CASE_MEMBER_ENDED: _fields("person"),
    Action.CASE_NOTE_ADDED: _fields("note"),
    Action.CASE_CAP_CHANGED: _fields("before", "after"),
    Action.CASE_HELD: _fields(),
    Action.CASE_HOLD_LIFTED: _fields(),
    Action.CASE_CATEGORY_ADDED: _fields("purpose"),
    Action.CASE_CATEGORY_RENAMED: _fields(),
    Action.CASE_CATEGORY_RETIRED: _fields(),
    Action.CASE_CATEGORY_RESTORED: _fields(),
    Action.PROBE_UPLOADED: _fields("case", "sha256"),
    Action.PROBE_ANALYSED: _fields("faces", "contract"),
    Action.PROBE_TURNED: _fields("quarter_turns"),
    Action.PROBE_REJECTED: _fields("code"),
    Action.PROBE_EDITED: _fields(
        "operation", "parameters", "quarter_turns", "parent_sha256", "result_sha256"
    ),
    Action.PROBE_EDIT_UNDONE: _fields("from_sha256", "to_sha256"),
    Action.PROBE_VIEWED: _fields("case"),
    Action.SEARCH_SUBMITTED: _fields(
        "case", "probe", "face", "galleries", "limit", "purpose", "basis", "authorization"
    ),
    Action.SEARCH_AUTHORIZED: _fields("case", "decision", "basis"),
    Action.SEARCH_EXPIRED: _fields("case"),
    Action.SEARCH_ERASED: _fields("cause", "sha256"),
    Action.SEARCH_DISPUTED: _fields("case"),
    Action.SEARCH_CONCLUDED: _fields("case", "outcome", "examiners", "retained", "leads"),
    Action.RESULTS_LOCKED: _fields("case"),
    Action.EXAMINATION_STARTED: _fields("search", "case", "round"),
    Action.EXAMINATION_SUBMITTED: _fields("search", "case", "round"),
    Action.EXAMINATION_RETURNED: _fields("search", "case", "round"),
    Action.FACE_VIEWED: _fields("search", "case", "round", "position"),
    Action.FACE_DECIDED: _fields("search", "case", "round", "position"),
    Action.FOLLOW_UP_REPORTED: _fields("case", "outcome"),
    Action.SEARCH_FINISHED: _fields("candidates", "templates", "contract", "attempt"),
    Action.SEARCH_FAILED: _fields("code", "attempt"),
    Action.CANDIDATES_VIEWED: _fields("case"),
    Action.SESSION_ENDED: _fields("reason"),
    Action.TOKEN_CREATED: _fields("permissions", "expires"),
    Action.TOKEN_REVOKED: _fields("owner"),
    Action.CERTIFICATE_ADDED: _fields("person", "activity", "valid_until", "sha256"),
    Action.CERTIFICATE_WITHDRAWN: _fields("person", "activity"),
    Action.CERTIFICATE_VIEWED: _fields("person"),
    Action.CERTIFICATE_REMINDED: _fields("days"),
    Action.CERTIFICATES_REQUIRED: _fields("required"),
    Action.USAGE_EXPORTED: _fields(),
    Action.USAGE_WARNED: _fields("kind", "period", "percent"),
    Action.USAGE_UNPROVEN: _fields("differences"),
    Action.BILLING_ACCOUNT_SAVED: _fields("fields"),
    Action.INVOICE_DRAFTED: _fields("license", "lines"),
    Action.INVOICE_DISCARDED: _fields(),
    Action.INVOICE_ISSUED: _fields("number", "total"),
    Action.CREDIT_NOTE_ISSUED: _fields("number", "total"),
    Action.INVOICE_SENT: _fields("number"),
    Action.INVOICE_REMINDED: _fields("level", "number"),
    Action.PAYMENT_RECORDED: _fields("amount", "number"),
    Action.PAYMENT_REVERSED: _fields("amount", "number"),
    Action.STATEMENT_VIEWED: _fields("from", "to"),
    Action.TAX_RATE_SAVED: _fields("percent"),
    Action.BILLING_EXPORTED: _fields("report", "rows"),
    Action.INVOICE_VIEWED: _fields("number"),
    Action.INVOICE_DOWNLOADED: _fields("number"),
    Action.POLICY_CHANGED: _fields("version", "before", "after"),
    Action.NOTICE_ACCEPTED: _fields("version", "sha256"),
    Action.ACCOUNT_LOCKED: _fields("failures"),
    Action.ACCOUNT_DISABLED: _fields("reason"),
    Action.ACCOUNT_WARNED: _fields("days"),
    Action.ACCOUNT_RELEASED: _fields("from"),
    Action.SSO_CHANGED: _fields("fields"),
    Action.SSO_ENABLED: _fields(),
    Action.SSO_DISABLED: _fields(),
    Action.SSO_DOMAIN_PROPOSED: _fields("domain"),
    Action.SSO_DOMAIN_REMOVED: _fields("domain"),
    Action.SSO_DOMAIN_CONFIRMED: _fields("domain"),
    Action.SSO_DOMAIN_WITHDRAWN: _fields("domain"),
    Action.SSO_LINKED: _fields(),
    Action.SSO_LINK_RELEASED: _fields("person"),
    Action.SSO_REFUSED: _fields("code"),
    Action.OFFBOARDING_OPENED: _fields("deadline"),
    Action.OFFBOARDING_PROLONGED: _fields("deadline"),
    Action.OFFBOARDING_EXPORTED: _fields("sha256", "rows", "files"),
    Action.OFFBOARDING_DOWNLOAD_BEGUN: _fields("sha256"),
    Action.OFFBOARDING_DOWNLOADED: _fields("sha256"),
    Action.OFFBOARDING_CONFIRMED: _fields("sha256"),
    Action.OFFBOARDING_KEY_DESTROYED: _fields("sha256"),
    Action.OFFBOARDING_DESTROYED: _fields("sha256"),
    Action.OFFBOARDING_FAILED: _fields("code"),
    Action.OFFBOARDING_RECEIPT_VIEWED: _fields(),
}
