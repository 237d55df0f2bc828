"""What is counted, under which names, and how small a number may be shown to the public."""

VERSION = 2
"""Of the rules of counting; every report names it. In 1, pictures whose time was over were worked
out from their gallery's rule; from 2 on, they are those that were erased for it."""
FEWER = 5
"""Numbers below this and above 0 are shown as "fewer than 5"; 0 is shown: nil reports matter."""

# The closed lists of Candor. A test holds them to the models, which this module cannot import.
PURPOSES = (
    "missing_person",
    "unidentified_person",
    "victim_identification",
    "serious_violent_offence",
    "identity_fraud",
)
SOURCE_KINDS = (
    "arrest_photographs",
    "missing_person_reports",
    "identity_documents",
    "unidentified_deceased",
    "other_lawful_register",
)
OUTCOMES = ("lead", "no_lead", "inconclusive")
FOLLOW_UPS = ("confirmed", "refuted", "unknown")
ROLES = ("analyst", "examiner", "supervisor", "auditor", "admin")
ACTIVITIES = ("search", "examine")

# On what ground a search was submitted, by its basis and the authorization it needed.
GROUNDS = {
    ("initial_identification", "none"): "initial",
    ("initial_identification", "before"): "initial_authorized",
    ("authorized", "before"): "authorized",
    ("urgent", "after"): "urgent",
}
URGENT_HOURS = 48
DECIDED = ("initial_authorized", "authorized", "urgent_in_time", "urgent_late")
DECISIONS = ("approved", "refused", "lapsed")
EVENTS = {
    "search.failed": "failed",
    "results.locked": "locked",
    "search.disputed": "disputed",
}
DISCLOSURES = {
    "report.downloaded": "report",
    "bundle.downloaded": "bundle",
    "record.exported": "record",
}
CASES = {
    "case.closed": "closed",
    "case.held": "held",
    "case.hold_lifted": "hold_lifted",
}
ERASURES = ("refused", "expired")
# What the record knows of breaches and of attempts at them.
SECURITY = (
    "account.locked",
    "account.disabled",
    "account.released",
    "factors.reset",
    "sso.refused",
    "license.tampered",
    "usage.unproven",
)
# Counted by name, whatever names later versions add.
ALARMING = ("tamper", "broken")
# What the agency's people did to check the record, and what data subjects asked for.
REVIEWING = (
    "record.reviewed",
    "subject_request.received",
    "subject_request.decided",
    "subject_request.erasure_done",
    "subject_request.withdrawn",
    "subject_request.lapsed",
)
ALERTS = ("alert.opened", "alert.closed")
GONE = "image.erased"
EXPIRED = "expired"
"""The cause of an erasure that says that the time was over; all others count as deleted."""

_COUNTED = frozenset(
    {
        *EVENTS,
        *DISCLOSURES,
        *CASES,
        *SECURITY,
        *ALERTS,
        GONE,
        *REVIEWING,
        "case.opened",
        "search.submitted",
        "search.finished",
        "search.authorized",
        "search.expired",
        "search.erased",
        "search.concluded",
        "follow_up.reported",
        "gallery.created",
        "image.enrolled",
        "image.rejected",
        "member.added",
        "member.roles_changed",
        "member.deactivated",
        "member.reactivated",
        "invitation.accepted",
        "certificate.added",
        "certificate.withdrawn",
        "policy.changed",
    }
)


def is_counted(action: str) -> bool:
    """Whether entries of this action change anything in a report."""
    return action in _COUNTED or is_alarm(action)


def is_alarm(action: str) -> bool:
    return action not in SECURITY and any(word in action for word in ALARMING)
