"""Notices of the procedure: that something waits, or that there is news. Nothing else.

No mail says which case, who, what was found or how anybody decided. What waits is told in the same
words to everybody, so that the mail to the second examiner is the same whatever the first said.
"""

from collections.abc import Callable, Iterable

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.certificates import with_training
from accounts.models import Agency, Membership, NotificationKind, User
from accounts.people_queries import people_with
from accounts.permissions import Permission
from accounts.services.telling import tell
from searches.models import AuthorizationNeeded, Search, Stage


def tell_of_stage(search: Search) -> None:
    """Tell whom it concerns that a search has reached its stage, once that is committed."""
    for teller in _TELLERS.get(Stage(search.stage), ()):
        teller(search)


def tell_authorizers(search: Search) -> None:
    """A search waits for a decision of somebody other than who asked for it."""
    _send(search, NotificationKind.SEARCH_WAITS, _deciders(search))


def remind_authorizers(search: Search) -> None:
    _send(search, NotificationKind.SEARCH_DUE, _deciders(search))


def remind_examiners(search: Search) -> None:
    """Whoever has the round; nobody has it: everybody who may take it."""
    examination = search.examinations.filter(state="open").first()
    people = _eligible(search)
    if examination is not None:
        people = [one for one in people if one.pk == examination.examiner_id]
    _send(search, NotificationKind.SEARCH_DUE, people)


def _tell_examiners(search: Search) -> None:
    _send(search, NotificationKind.SEARCH_WAITS, _eligible(search))


def _tell_authorizers_of_urgent(search: Search) -> None:
    if search.authorization == AuthorizationNeeded.AFTER and not search.authorizations.exists():
        tell_authorizers(search)


def _tell_requester(search: Search) -> None:
    if search.requested_by_id is None:  # the operator
        return
    person = Membership.objects.filter(user_id=search.requested_by_id, deactivated_at=None)
    found = person.select_related("user").first()
    if found is not None and found.user.is_active:
        _send(search, NotificationKind.SEARCH_NEWS, [found.user])


_TELLERS: dict[Stage, tuple[Callable[[Search], None], ...]] = {
    Stage.AWAITING_AUTHORIZATION: (tell_authorizers,),
    Stage.QUEUED: (_tell_requester,),
    Stage.EXAMINATION: (_tell_authorizers_of_urgent, _tell_examiners),
    Stage.SECOND_EXAMINATION: (_tell_examiners,),
    Stage.ADJUDICATION: (_tell_examiners,),
    Stage.CONCLUDED: (_tell_requester,),
    Stage.REFUSED: (_tell_requester,),
    Stage.EXPIRED: (_tell_requester,),
}


def _deciders(search: Search) -> list[User]:
    people = _people_with(search, Permission.AUTHORIZE)
    return [one for one in people if one.pk != search.requested_by_id]


def _eligible(search: Search) -> list[User]:
    """Who may take the round that is open, as services/examining.py has it."""
    adjudicates = search.stage == Stage.ADJUDICATION
    people = _people_with(search, Permission.ADJUDICATE if adjudicates else Permission.EXAMINE)
    if search.stage == Stage.EXAMINATION:
        return people
    seen = search.examinations.exclude(state="open").values_list("examiner_id", flat=True)
    barred = {*seen, search.requested_by_id}
    return [one for one in people if one.pk not in barred]


def _people_with(search: Search, permission: Permission) -> list[User]:
    """The active people of the agency whose roles and training allow that."""
    people = {user.pk: user for user in people_with(permission)}
    agency = Agency.objects.get(pk=search.agency_id)
    trained = with_training(agency, people, permission)
    return [user for key, user in people.items() if key in trained]


def _send(search: Search, kind: NotificationKind, people: Iterable[User]) -> None:
    """Tell each in their language, on commit.

    What waits is in the one e-mail of whoever has chosen that; what is due is told all the same.
    """
    is_waiting = kind == NotificationKind.SEARCH_WAITS
    tell(people, kind, search, lambda: _words(search, kind), in_digest=is_waiting)


def _words(search: Search, kind: NotificationKind) -> tuple[str, str]:
    """Subject and text of the mail, which is the same for every search that waits or is due."""
    path = reverse("work")
    if kind == NotificationKind.SEARCH_WAITS:
        subject, name = _("Candor: a search waits for you"), "waiting"
    elif kind == NotificationKind.SEARCH_DUE:
        subject, name = _("Candor: a search that waits for you is due"), "due"
    else:
        subject, name = _("Candor: there is news of your search"), "news"
        path = reverse("search", args=[search.pk])
    link = settings.BASE_URL + path
    return subject, render_to_string(f"searches/mails/{name}.txt", {"link": link})
