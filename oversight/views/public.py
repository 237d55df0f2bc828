"""What everybody may open: an agency's public page, and a request by its secret link."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.files.uploadhandler import FileUploadHandler, StopFutureHandlers
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import Agency
from oversight.faults import Fault
from oversight.models import PublicPage, RequestLink, SubjectRequest
from oversight.public_access import (
    agency_for,
    link_for,
    open_page_for,
    public_actor,
    transparency_address,
)
from oversight.rate_limits import BY_ADDRESS, BY_AGENCY, is_within
from oversight.request_forms import MessageForm, RequestForm
from oversight.services.public_page import latest_page
from oversight.services.requests.following import (
    note_opened,
    read_letter,
    send_message,
    withdraw,
)
from oversight.services.requests.receiving import take_request
from portal.http import source_of
from portal.tenancy import scope
from searches.views.documents import HEADERS

View = Callable[..., HttpResponse]
# All fields at their longest, percent-encoded, are far below.
MOST_BYTES = 256 * 1024


class Nowhere(FileUploadHandler):
    """Files that somebody attaches are read from the wire and kept nowhere, not even in memory."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        raise StopFutureHandlers

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        return None

    def file_complete(self, file_size: int) -> None:
        return None


def for_everybody(view: View) -> View:
    """A page without log-in, whose posts are small and bring no files."""
    protected = csrf_protect(view)

    # Exempt only until the upload handler is in place: reading the token would read the files.
    @csrf_exempt
    @login_not_required
    @never_cache
    @sensitive_post_parameters()
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        request.upload_handlers = [Nowhere(request)]
        length = str(request.META.get("CONTENT_LENGTH") or "0")
        if not length.isdecimal() or int(length) > MOST_BYTES:
            return HttpResponse(status=413)
        # The policy for referrers stays same-origin: without any, browsers send no Origin either.
        return protected(request, *args, **kwargs)

    return guarded


@for_everybody
@require_http_methods(["GET", "HEAD", "POST"])
def public_page(request: HttpRequest, slug: str) -> HttpResponse:
    """What the agency does, and the form for a request."""
    office, page = open_page_for(slug)
    with scope(office.pk):
        form = RequestForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            try:
                return redirect(_take(request, office, form))
            except Fault as fault:
                form.add_error(None, fault.as_validation_error())
        is_limited = form.has_error("__all__", "request_too_many")
        status = 429 if is_limited else 422 if form.errors else 200
        return page_response(request, office, page, form, status=status)


def page_response(
    request: HttpRequest, office: Agency, page: PublicPage, form: RequestForm, **options: Any
) -> HttpResponse:
    context = {
        "office": office,
        "public": page,
        "form": form,
        "transparency": transparency_address(office),
        "is_preview": options.pop("is_preview", False),
    }
    return render(request, "oversight/public/page.html", context, **options)


def _take(request: HttpRequest, office: Agency, form: RequestForm) -> str:
    """Where the person finds the request again. Raises Fault."""
    if request.POST.get("website"):  # people do not see this field
        raise Fault("request_not_for_people")
    if not is_within(BY_ADDRESS, office.pk, source_of(request)):
        raise Fault("request_too_many")
    if not is_within(BY_AGENCY, office.pk):
        raise Fault("request_too_many")
    taken = take_request(
        actor=public_actor(office),
        agency=office,
        asked=form.asked(),
        submission_key=form.cleaned_data["submission_key"],
    )
    return reverse("public_request", args=[office.slug, taken.token]) + "?new"


@for_everybody
@require_safe
def public_request(request: HttpRequest, slug: str, token: str) -> HttpResponse:
    """How a request stands, for whoever has its link."""
    office = agency_for(slug)
    with scope(office.pk):
        link = link_for(token)
        note_opened(link)
        return _request_response(request, office, link, token, MessageForm())


@for_everybody
@require_POST
def public_request_message(request: HttpRequest, slug: str, token: str) -> HttpResponse:
    office = agency_for(slug)
    with scope(office.pk):
        link, form = link_for(token), MessageForm(request.POST)
        if form.is_valid():
            try:
                send_message(
                    actor=public_actor(office), request=link.request, text=form.cleaned_data["text"]
                )
            except Fault as fault:
                form.add_error(None, fault.as_validation_error())
            else:
                return redirect("public_request", slug, token)
        return _request_response(request, office, link, token, form, status=422)


@for_everybody
@require_http_methods(["GET", "HEAD", "POST"])
def public_request_withdraw(request: HttpRequest, slug: str, token: str) -> HttpResponse:
    """First the question, then the withdrawal."""
    office = agency_for(slug)
    with scope(office.pk):
        found: SubjectRequest = link_for(token).request
        context: dict[str, Any] = {"office": office, "asked": found, "token": token, "fault": None}
        if request.method == "POST":
            try:
                withdraw(actor=public_actor(office), request=found)
                return redirect("public_request", slug, token)
            except Fault as fault:
                context["fault"] = fault
        status = 422 if context["fault"] else 200
        return render(request, "oversight/public/withdraw.html", context, status=status)


@for_everybody
@require_safe
def public_request_letter(
    request: HttpRequest, slug: str, token: str, letter: UUID
) -> HttpResponse:
    """A letter of this very request, once the agency has sent it."""
    office = agency_for(slug)
    with scope(office.pk):
        sent = link_for(token).request.letters.filter(request__sent_at__isnull=False)
        found = get_object_or_404(sent.select_related("request"), pk=letter)
        data = read_letter(actor=public_actor(office), letter=found, by="person")
    name = f'attachment; filename="letter-{found.request.number}.pdf"'
    headers = HEADERS | {"Content-Disposition": name}
    return HttpResponse(data, content_type="application/pdf", headers=headers)


def _request_response(
    request: HttpRequest,
    office: Agency,
    link: RequestLink,
    token: str,
    form: MessageForm,
    status: int = 200,
) -> HttpResponse:
    found: SubjectRequest = link.request
    page = latest_page()
    context = {
        "office": office,
        "public": page if page and page.is_open else None,
        "asked": found,
        "token": token,
        # Never from the Host header of whoever asks.
        "address": settings.BASE_URL + reverse("public_request", args=[office.slug, token]),
        "is_new": "new" in request.GET,
        "messages_between": found.notes.exclude(kind="note"),
        "letters": found.letters.all() if found.sent_at else [],
        "form": form,
    }
    return render(request, "oversight/public/request.html", context, status=status)
