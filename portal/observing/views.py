"""Addresses for machines: /live/, /ready/ and /metrics/."""

from hmac import compare_digest

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from portal.metrics.store import CONTENT_TYPE, exposition
from portal.observing.readiness import readiness
from portal.observing.rows import Rows


@require_safe
@login_not_required
def live(request: HttpRequest) -> HttpResponse:
    """That this process answers. Asks for nothing."""
    return JsonResponse({"status": "ok"})


@require_safe
@login_not_required
def ready(request: HttpRequest) -> HttpResponse:
    """Whether this process can serve; 503 when it cannot. Names parts and tells nothing of them."""
    found = readiness()
    answer = {
        "status": "not ready" if found.missing else "ready",
        "missing": found.missing,
        "impaired": found.impaired,
    }
    return JsonResponse(answer, status=503 if found.missing else 200)


@require_safe
@login_not_required
def metrics(request: HttpRequest) -> HttpResponse:
    """For who has the token; for everybody else there is no such page."""
    if not may_read(request.headers.get("Authorization", "")):
        raise Http404
    return HttpResponse(exposition(Rows()), content_type=CONTENT_TYPE)


def may_read(authorization: str) -> bool:
    """Whether a header carries the token of the metrics; never while there is none."""
    wanted = f"Bearer {settings.METRICS_TOKEN}"
    given = authorization.encode()
    return bool(settings.METRICS_TOKEN) and compare_digest(given, wanted.encode())
