"""Health, and the pages for errors."""

import sys

from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, InterfaceError, OperationalError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.actor import TrainingNeeded
from accounts.faults import Fault
from accounts.rest.problems import plain_answer
from portal.database.gate import RestoreUnfinished

AWAY_SECONDS = 5
"""After which a database that was killed has mostly recovered."""


@require_safe
@login_not_required
def health(request: HttpRequest) -> JsonResponse:
    """Whether this process can serve: it can when the database answers."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except RestoreUnfinished:
        return JsonResponse({"status": "restore unfinished"}, status=503)
    except DatabaseError:
        return JsonResponse({"status": "database unreachable"}, status=503)
    return JsonResponse({"status": "ok"})


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    if request.path.startswith("/api/"):
        return plain_answer(400, Fault("body_malformed"), request)
    return render(request, "portal/errors/400.html", status=400)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    if isinstance(exception, TrainingNeeded):
        return render(request, "accounts/training_needed.html", status=403)
    return render(request, "portal/errors/403.html", status=403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    if request.path.startswith("/api/"):
        return plain_answer(404, Fault("not_found"), request)
    return render(request, "portal/errors/404.html", status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    # A database that is away, or closed while it is restored, comes back: so is whoever asks to do.
    away = isinstance(sys.exception(), (OperationalError, InterfaceError))
    status, code = (503, "database_away") if away else (500, "server_failed")
    response: HttpResponse
    if request.path.startswith("/api/"):
        response = plain_answer(status, Fault(code), request)
    else:
        response = render(request, "portal/errors/500.html", {"status": status}, status=status)
    if away:
        response["Retry-After"] = str(AWAY_SECONDS)
    return response
