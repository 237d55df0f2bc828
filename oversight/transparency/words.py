"""What the lines of a report are called, in the reader's language."""

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from accounts.models import Activity, Role
from accounts.purposes import Purpose, SourceKind
from searches.models import FollowUpOutcome, Outcome

Names = Mapping[str, str | Promise]

TITLES: Names = {
    "cases": gettext_lazy("Cases by purpose"),
    "case_acts": gettext_lazy("What happened to cases"),
    "searches": gettext_lazy("Searches by purpose and ground"),
    "decisions": gettext_lazy("Decisions on searches that need an authorization"),
    "events": gettext_lazy("Failures, locks and disagreements"),
    "finished": gettext_lazy("Searches done, by engine"),
    "conclusions": gettext_lazy("Conclusions by purpose"),
    "follow_ups": gettext_lazy("What became of concluded searches"),
    "erasures": gettext_lazy("Erased searches by cause"),
    "disclosures": gettext_lazy("Documents handed out"),
    "people": gettext_lazy("People with access at the end of the period"),
    "training": gettext_lazy("People with a valid training certificate at the end of the period"),
    "galleries": gettext_lazy("Galleries at the end of the period"),
    "retention": gettext_lazy("Pictures in galleries"),
    "alerts": gettext_lazy("Misuse alerts by rule"),
    "alerts_closed": gettext_lazy("Closed misuse alerts by outcome"),
    "reviews": gettext_lazy("Reviews of the record, and requests"),
    "policies": gettext_lazy("Changes of the agency’s policies"),
    "security": gettext_lazy("Security events"),
}
NOTES: Names = {
    "decisions": gettext_lazy(
        "Urgent searches are done first and have to be authorized within 48 hours; else their"
        " results lock."
    ),
    "finished": gettext_lazy(
        "Error rates of the engines: not measured. “Nobody found” are searches that brought no"
        " candidate at all."
    ),
    "conclusions": gettext_lazy(
        "Two people examine each search. A lead is never an identification; “no lead” means that"
        " every candidate was found to be a different person."
    ),
    "follow_ups": gettext_lazy("By the last report on each search in the period."),
    "people": gettext_lazy("One person may have several roles."),
    "galleries": gettext_lazy("For the public, numbers of pictures are ranges."),
    "retention": gettext_lazy(
        "“Time over” are pictures that were erased in the period because their time was over."
    ),
}
COLUMNS: Names = {
    "count": pgettext_lazy("how many", "Number"),
    "opened": gettext_lazy("Opened"),
    "initial": gettext_lazy("Initial identification"),
    "initial_authorized": gettext_lazy("Initial identification, authorized before"),
    "authorized": gettext_lazy("Authorized before"),
    "urgent": gettext_lazy("Urgent, authorized after"),
    "approved": gettext_lazy("Approved"),
    "refused": gettext_lazy("Refused"),
    "lapsed": gettext_lazy("Lapsed undecided"),
    "some": gettext_lazy("With candidates"),
    "nil": gettext_lazy("Nobody found"),
    "galleries": gettext_lazy("Galleries"),
    "images": gettext_lazy("Pictures"),
}
ROWS: Names = {
    "closed": gettext_lazy("Closed"),
    "held": gettext_lazy("Put under legal hold"),
    "hold_lifted": gettext_lazy("Legal hold lifted"),
    "initial_authorized": gettext_lazy("Initial identification"),
    "authorized": gettext_lazy("Authorized, with reference and document"),
    "urgent_in_time": gettext_lazy("Urgent, decided within 48 hours"),
    "urgent_late": gettext_lazy("Urgent, decided later"),
    "failed": gettext_lazy("Searches that failed"),
    "locked": gettext_lazy("Results locked: not authorized within 48 hours"),
    "disputed": gettext_lazy("Searches on which the two examiners disagreed"),
    "refused": gettext_lazy("Authorization refused"),
    "expired": gettext_lazy("Nobody decided in time"),
    "report": gettext_lazy("Investigative-lead reports"),
    "bundle": gettext_lazy("Disclosure bundles"),
    "record": gettext_lazy("Exports of the record"),
    "changes": gettext_lazy("Changes"),
    "record.reviewed": gettext_lazy("Weekly reviews of the record"),
    "subject_request.received": gettext_lazy("Requests of data subjects received"),
    "subject_request.decided": gettext_lazy("Requests of data subjects decided"),
    "subject_request.erasure_done": gettext_lazy("Erasures done on request"),
    "subject_request.withdrawn": gettext_lazy("Requests of data subjects withdrawn"),
    "subject_request.lapsed": gettext_lazy("Requests of data subjects lapsed"),
    "account.locked": gettext_lazy("Accounts locked after wrong passwords"),
    "account.disabled": gettext_lazy("Accounts disabled because unused"),
    "account.released": gettext_lazy("Accounts released"),
    "factors.reset": gettext_lazy("Second factors reset"),
    "sso.refused": gettext_lazy("Log-ins by the agency’s provider refused"),
    "license.tampered": gettext_lazy("Licenses that were not what was signed"),
    "usage.unproven": gettext_lazy("Metered use that could not be proved"),
    "other": gettext_lazy("Not recorded"),
}
ROWS_OF: Mapping[str, Names] = {
    "cases": dict(Purpose.choices),
    "searches": dict(Purpose.choices),
    "conclusions": dict(Purpose.choices),
    "follow_ups": dict(FollowUpOutcome.choices),
    "people": dict(Role.choices),
    "training": dict(Activity.choices),
    "galleries": dict(SourceKind.choices),
    "retention": {
        "enrolled": pgettext_lazy("pictures", "Enrolled"),
        "rejected": pgettext_lazy("pictures", "Rejected"),
        "expired": pgettext_lazy("pictures", "Time over"),
        "deleted": pgettext_lazy("pictures", "Deleted"),
    },
}
COLUMNS_OF: Mapping[str, Names] = {"conclusions": dict(Outcome.choices)}
CHECKED: Names = {
    "searches": gettext_lazy("Searches"),
    "decisions": gettext_lazy("Decisions"),
    "conclusions": gettext_lazy("Conclusions"),
    "galleries": gettext_lazy("Galleries"),
    "images": gettext_lazy("Pictures in galleries"),
    "members": gettext_lazy("Members"),
    "certificates": gettext_lazy("Training certificates"),
}


def title(key: str) -> str:
    return str(TITLES.get(key, key))


def note(key: str) -> str:
    return str(NOTES.get(key, ""))


def row(table: str, name: str) -> str:
    """A row's name; a name that a later version made stands for itself."""
    return str(ROWS_OF.get(table, ROWS).get(name) or ROWS.get(name, name))


def column(table: str, name: str) -> str:
    return str(COLUMNS_OF.get(table, COLUMNS).get(name) or COLUMNS.get(name, name))


def value(shown: Any) -> str:
    """A number, "fewer than 5", or a range."""
    if isinstance(shown, int):
        return str(shown)
    if "fewer_than" in shown:
        return _("fewer than %(n)s") % {"n": shown["fewer_than"]}
    return _("%(low)s to %(high)s") % {"low": shown["from"], "high": shown["to"]}
