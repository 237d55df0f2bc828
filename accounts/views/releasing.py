"""Letting a person of the agency log in again."""

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.guards import needs
from accounts.http import AgencyRequest
from accounts.login.fresh import fresh
from accounts.permissions import Permission
from accounts.services.locking import release
from accounts.views.people import member_or_404
from portal.confirming import confirmed


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.MANAGE_PEOPLE)
@fresh
def member_release(request: AgencyRequest, pk: int) -> HttpResponse:
    membership = member_or_404(pk)
    return confirmed(
        request,
        "accounts/member_release.html",
        {"membership": membership},
        act=lambda: release(actor=request.actor, membership=membership),
        done=_("%s may log in again.") % membership.user,
        then=reverse("member", args=[membership.pk]),
    )
