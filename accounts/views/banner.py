"""The notice of an agency, before any of its pages."""

from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.banner import digest_of, remember, text_of
from accounts.faults import Fault
from accounts.http import AgencyRequest
from accounts.services.policies import accept_notice


@require_http_methods(["GET", "HEAD", "POST"])
def notice(request: AgencyRequest) -> HttpResponse:
    """Accepting leads to the page that was asked for; declining logs out."""
    text = text_of(request.policy, get_language() or "en")
    fault = None
    if request.method == "POST" and request.POST.get("answer") == "decline":
        logout(request)
        messages.info(request, _("You did not accept the notice and are logged out."))
        return redirect("account_login")
    if request.method == "POST":
        shown = (request.POST.get("version"), request.POST.get("digest"))
        if shown == (str(request.policy.version), digest_of(text)):
            _accept(request, text)
            return redirect(_next(request))
        fault = Fault("notice_changed_meanwhile")
    context = {
        # The page shows the way to nothing of the agency.
        "agency": None,
        "office": request.agency,
        "text": text,
        "digest": digest_of(text),
        "version": request.policy.version,
        "next": _next(request),
        "fault": fault,
    }
    return render(request, "accounts/notice.html", context, status=422 if fault else 200)


def _accept(request: AgencyRequest, text: str) -> None:
    version = request.policy.version
    accept_notice(actor=request.actor, agency=request.agency, version=version, text=text)
    remember(request.session, request.agency.pk, version)


def _next(request: AgencyRequest) -> str:
    wanted = request.POST.get("next") or request.GET.get("next", "")
    inside = url_has_allowed_host_and_scheme(
        wanted, {request.get_host()}, require_https=request.is_secure()
    )
    return wanted if inside and wanted.startswith("/") else "/"
