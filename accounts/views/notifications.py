"""What the person was told of."""

from datetime import datetime
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_POST, require_safe

from accounts.http import AgencyRequest
from accounts.notification_page import TOPICS, lines_of
from accounts.notification_queries import own
from accounts.services.notifications import read_all, read_one
from portal.paging import page_of
from portal.tenancy import own_scope

UNREAD = "unread"


@require_safe
def notification_list(request: AgencyRequest) -> HttpResponse:
    """Everybody has their own, whatever their role."""
    unread, topic = request.GET.get("show") == UNREAD, request.GET.get("about", "")
    topic = topic if topic in TOPICS else ""
    now = timezone.now()
    with own_scope(request.agency.pk, request.user.pk):
        page = page_of(request, own(request.actor, unread=unread, topic=topic))
        rows = list(page)
    context = {
        "page": page,
        "lines": lines_of(request.actor, rows),
        "unread": unread,
        "topic": topic,
        "topics": TOPICS.items(),
        "until": now.isoformat(),
    }
    return render(request, "accounts/notification_list.html", context)


@require_POST
def notification_open(request: AgencyRequest, pk: UUID) -> HttpResponse:
    """Mark one as read, and go where it leads; another person's does not exist."""
    row = read_one(actor=request.actor, pk=pk)
    if row is None:
        raise Http404
    (line,) = lines_of(request.actor, [row])
    return redirect(line.href or "notifications")


@require_POST
def notifications_read(request: AgencyRequest) -> HttpResponse:
    """Mark all as read that the page could show."""
    read_all(actor=request.actor, until=_moment(request.POST.get("until", "")))
    return redirect("notifications")


def _moment(text: str) -> datetime:
    """When the page was made; now, where the form does not say so."""
    try:
        found = parse_datetime(text)
    except ValueError:
        found = None
    return found if found is not None and timezone.is_aware(found) else timezone.now()
