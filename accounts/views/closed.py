"""What people of closed agencies still see: how far the end is, and for admins their export."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

from django import forms
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import actor_of, memberships_of
from accounts.actor import Actor
from accounts.agency_states import is_open
from accounts.faults import Fault
from accounts.login.fresh import fresh
from accounts.login.single_sign_on.sessions import agency_of_session
from accounts.models import Agency, Offboarding, User
from accounts.permissions import Permission
from accounts.services.offboarding import confirm_destruction, download_export
from portal.http import source_of
from portal.tenancy import scope

PAGE = "accounts/agency_closed.html"
MOVING = ("waiting", "exporting", "destroying")


class DestroyForm(forms.Form):
    short_name = forms.CharField(label=_("Short name of the agency"), max_length=60)


@dataclass(frozen=True, slots=True)
class End:
    """A closed agency of a person, its off-boarding, and whether the person decides on it."""

    agency: Agency
    actor: Actor
    row: Offboarding | None

    @property
    def decides(self) -> bool:
        return self.actor.can(Permission.OFFBOARD)


def ends_of(request: HttpRequest) -> list[End]:
    """The closed agencies that the person belongs to."""
    user, found = cast(User, request.user), []
    own = agency_of_session(request)
    for agency, membership in memberships_of(user):
        # Another agency's provider must not open what is left of this one.
        if not is_open(agency.state) and own in (None, agency.pk):
            with scope(agency.pk):
                actor = actor_of(user, agency, membership, source_of(request))
                found.append(End(agency, actor, Offboarding.objects.first()))
    return found


def closed_page(request: HttpRequest, ends: list[End], status: int) -> HttpResponse:
    moving = any(end.row is not None and end.row.state in MOVING for end in ends)
    context = {"ends": ends, "moving": moving}
    return render(request, PAGE, context, status=status)


@require_safe
def closed_agencies(request: HttpRequest) -> HttpResponse:
    """The page for those who work in another agency too; to the others every address shows it."""
    ends = ends_of(request)
    if not ends:
        raise Http404
    return closed_page(request, ends, 200)


@require_POST
@fresh
def export_download(request: HttpRequest, pk: int) -> HttpResponse:
    end = _end(request, pk)
    try:
        stream = download_export(actor=end.actor, agency=end.agency)
    except Fault as fault:
        context = {"ends": [end], "fault": fault}
        return render(request, PAGE, context, status=422)
    name = f"candor-{end.agency.slug}.zip"
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "X-Robots-Tag": "noindex",
    }
    sent = StreamingHttpResponse(_bytes(stream), content_type="application/zip", headers=headers)
    return cast(HttpResponse, sent)  # it is one in all that decorators and middleware ask for


@require_http_methods(["GET", "HEAD", "POST"])
@fresh
def export_destroy(request: HttpRequest, pk: int) -> HttpResponse:
    end = _end(request, pk)
    end.actor.require(Permission.OFFBOARD)
    form = DestroyForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            confirm_destruction(actor=end.actor, agency=end.agency, **form.cleaned_data)
        except Fault as fault:
            form.add_error(None, fault.as_validation_error())
        else:
            return redirect("closed_agencies")
    context = {"form": form, "end": end}
    status = 422 if form.errors else 200
    return render(request, "accounts/agency_destroy.html", context, status=status)


def _end(request: HttpRequest, pk: int) -> End:
    end = next((end for end in ends_of(request) if end.agency.pk == pk), None)
    if end is None:
        raise Http404
    return end


def _bytes(stream: Iterator[bytes]) -> Iterator[bytes]:
    """Without empty pieces, which end an answer in some servers."""
    return (piece for piece in stream if piece)
