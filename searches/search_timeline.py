"""The history of a search in words, from the record: a closed list of acts, nothing of content.

Who examined, and what came of it, joins in when the result may be shown.
"""

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.audit.actions import Action
from portal.audit.models import AuditEntry
from searches.models import Search
from searches.result_page import ROUNDS
from searches.timeline import Moment

ALWAYS: dict[Action, str | Promise] = {
    Action.SEARCH_SUBMITTED: gettext_lazy("Search submitted"),
    Action.SEARCH_AUTHORIZED: gettext_lazy("Search authorized"),
    Action.SEARCH_FINISHED: gettext_lazy("Search run"),
    Action.SEARCH_FAILED: gettext_lazy("Search failed"),
    Action.SEARCH_EXPIRED: gettext_lazy("Lapsed, because nobody decided in time"),
    Action.SEARCH_ERASED: gettext_lazy("Content erased"),
    Action.RESULTS_LOCKED: gettext_lazy("Results locked"),
}
WITH_RESULT: dict[Action, str | Promise] = {
    Action.EXAMINATION_STARTED: gettext_lazy("Examination begun"),
    Action.EXAMINATION_SUBMITTED: gettext_lazy("Examination submitted"),
    Action.EXAMINATION_RETURNED: gettext_lazy("Examination given back"),
    Action.SEARCH_DISPUTED: gettext_lazy("The two examinations differ"),
    Action.SEARCH_CONCLUDED: gettext_lazy("Search concluded"),
    Action.FOLLOW_UP_REPORTED: gettext_lazy("Follow-up reported"),
}
WORDS = ALWAYS | WITH_RESULT
MOST = 200


def moments_of(search: Search, *, with_result: bool) -> list[Moment]:
    """The acts on the search, the first one first."""
    about = Q(subject_type="search", subject_id=str(search.pk), action__in=list(ALWAYS))
    if with_result:
        about = Q(subject_type="search", subject_id=str(search.pk), action__in=list(WORDS))
        examinations = [str(examination.pk) for examination in search.examinations.all()]
        about |= Q(
            subject_type="examination", subject_id__in=examinations, action__in=list(WITH_RESULT)
        )
    found = AuditEntry.objects.filter(about, agency_id=search.agency_id).order_by("id")[:MOST]
    return [Moment(_words(entry), _detail(entry), entry.actor_label, entry.at) for entry in found]


def _words(entry: AuditEntry) -> str:
    if entry.action == Action.SEARCH_AUTHORIZED and entry.data["decision"] == "refused":
        return _("Search refused")
    return str(WORDS[Action(entry.action)])


def _detail(entry: AuditEntry) -> str:
    return str(ROUNDS[entry.data["round"]]) if "round" in entry.data else ""
