"""Opens the tenancy scope for a request and says who acts in it."""

from collections.abc import Callable
from typing import cast
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone, translation

from accounts.access import actor_of, have_at_hand, memberships_of
from accounts.agency_states import is_open
from accounts.banner import notice_first
from accounts.http import FOR_EVERYBODY, SESSION_KEY, AgencyRequest
from accounts.login.single_sign_on.sessions import open_to_session
from accounts.models import Agency, User
from accounts.policies import policy_in
from accounts.urls_login import OWN_PAGES
from accounts.urls_sign_on import OWN_PAGES as SIGN_ON_PAGES
from accounts.views.closed import closed_page, ends_of
from portal.http import source_of
from portal.logs.context import know
from portal.tenancy import scope

# Pages a logged-in person without an agency may still open.
WITHOUT_AGENCY = (
    "health",
    "live",
    "ready",
    "metrics",
    "set_language",
    "invitation",
    "account",
    "password_change",
    *OWN_PAGES,
    *SIGN_ON_PAGES,
    "closed_agencies",
    "export_download",
    "export_destroy",
)
# The notice itself, and the way to another agency whose notice is read instead.
WITHOUT_NOTICE = ("notice", "switch_agency")


def use_language(request: HttpRequest, language: str) -> None:
    """A person's own language comes before the browser's, which LocaleMiddleware chose."""
    if language:
        translation.activate(language)
        request.LANGUAGE_CODE = translation.get_language()


def zone_of(user: User, agency: Agency) -> ZoneInfo:
    return ZoneInfo(user.time_zone or agency.time_zone)


class AgencyMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.user.is_authenticated:
            return self.get_response(request)
        use_language(request, request.user.language)
        if hasattr(request, "platform_actor"):  # there its staff act for no agency
            return self.get_response(request)
        all_of_them = memberships_of(request.user)
        open_ones = [pair for pair in all_of_them if is_open(pair[0].state)]
        found, elsewhere = open_to_session(request, open_ones)
        request.elsewhere = elsewhere  # type: ignore[attr-defined]
        chosen = request.session.get(SESSION_KEY)
        pick = next((pair for pair in found if pair[0].pk == chosen), found[0] if found else None)
        if pick is None:
            return self.get_response(request)  # process_view answers
        agency, membership = pick
        agency_request = cast(AgencyRequest, request)
        agency_request.agency, agency_request.membership = agency, membership
        agency_request.policy = policy_in(agency.stored_policy)
        agency_request.agencies = [pair[0] for pair in found]
        user = agency_request.user
        with scope(agency.pk), timezone.override(zone_of(user, agency)):
            have_at_hand(agency)
            agency_request.actor = actor_of(user, agency, membership, source_of(request))
            know(agency=agency.pk, user=user.pk)
            return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: object, args: object, kwargs: object
    ) -> HttpResponse | None:
        """No tenant view runs without an agency, or before its notice was accepted."""
        match = request.resolver_match
        name = match.view_name if match else None
        if not request.user.is_authenticated or name in WITHOUT_AGENCY:
            return None
        if name in FOR_EVERYBODY:
            return None
        if hasattr(view, "cls"):  # the API's views go by tokens and not by the session
            return None
        if hasattr(request, "platform_actor"):  # the platform's pages look after themselves
            return None
        if hasattr(request, "actor"):
            return None if name in WITHOUT_NOTICE else notice_first(cast(AgencyRequest, request))
        if elsewhere := getattr(request, "elsewhere", []):
            page = "accounts/sign_on/needed.html"
            return render(request, page, {"needing": elsewhere}, status=403)
        if ends := ends_of(request):
            return closed_page(request, ends, 403)
        return render(request, "accounts/no_agency.html", status=403)
