"""The notice of an agency, which people accept after each log-in (CJIS AC-8).

What was accepted is kept in the session: for each agency the version of its policies. It is asked
for again when the agency changes them, and after the next log-in.
"""

from collections.abc import Iterable
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRedirect

from accounts.http import AgencyRequest
from accounts.models import Agency
from accounts.policies import Policy, policy_in

ACCEPTED_KEY = "notices_accepted"


def standard_text() -> str:
    """The four statements that CJIS AC-8 wants, and what Candor records."""
    return _(
        "You are entering a restricted information system that holds biometric data and"
        " information of criminal justice.\n\n"
        "What you do here may be monitored, recorded and audited. Candor records every search"
        " and every look at a candidate with your name.\n\n"
        "Unauthorized use is prohibited and may lead to criminal and civil penalties.\n\n"
        "By using this system you consent to monitoring and recording."
    )


def text_of(policy: Policy, language: str) -> str:
    """The notice in a language of the portal; the standard text where the agency wrote none."""
    own = policy.banner_fr if language.startswith("fr") else policy.banner_en
    return own or standard_text()


def digest_of(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def is_accepted(session: SessionBase, agency_id: int, version: int) -> bool:
    accepted: dict[str, Any] = session.get(ACCEPTED_KEY, {})
    return bool(accepted.get(str(agency_id)) == version)


def remember(session: SessionBase, agency_id: int, version: int) -> None:
    session[ACCEPTED_KEY] = session.get(ACCEPTED_KEY, {}) | {str(agency_id): version}


def accept_all(session: SessionBase, memberships: Iterable[tuple[Agency, object]]) -> None:
    """For tests and tools: as if the person had accepted every notice of their agencies."""
    for agency, _membership in memberships:
        remember(session, agency.pk, policy_in(agency.stored_policy).version)


def notice_first(request: AgencyRequest) -> HttpResponse | None:
    """The way to the notice, unless it was accepted. Costs no query."""
    if is_accepted(request.session, request.agency.pk, request.policy.version):
        return None
    wanted = request.get_full_path() if request.method in ("GET", "HEAD") else ""
    if request.htmx:
        wanted = request.htmx.current_url_abs_path or ""
    address = reverse("notice") + ("?" + urlencode({"next": wanted}) if wanted else "")
    return HttpResponseClientRedirect(address) if request.htmx else redirect(address)
