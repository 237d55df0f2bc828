"""What runs of the retention removed, with their receipts."""

from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from accounts.http import AgencyRequest
from accounts.permissions import Permission
from galleries.models import Erasure, RetentionRun
from galleries.run_receipts import galleries_of, is_genuine, receipt_of
from portal.paging import page_of


def _require_sight(request: AgencyRequest) -> None:
    """Receipts are for whoever erases and for whoever reads the record."""
    if not (request.actor.can(Permission.ERASE) or request.actor.can(Permission.VIEW_RECORD)):
        raise PermissionDenied("retention")


@require_safe
def retention_runs(request: AgencyRequest) -> HttpResponse:
    _require_sight(request)
    page = page_of(request, RetentionRun.objects.defer("document"))
    return render(request, "galleries/retention_runs.html", {"page": page})


@require_safe
def retention_run(request: AgencyRequest, pk: UUID) -> HttpResponse:
    _require_sight(request)
    run = get_object_or_404(RetentionRun.objects.all(), pk=pk)
    erasures = Erasure.objects.filter(pk__in=run.erasures).order_by("created_at", "pk")
    context = {
        "run": run,
        "erasures": page_of(request, erasures.defer("document", "needles_sealed", "target_ids")),
        "galleries": galleries_of(run),
        "is_genuine": is_genuine(run),
    }
    return render(request, "galleries/retention_run.html", context)


@require_safe
def retention_receipt(request: AgencyRequest, pk: UUID) -> HttpResponse:
    """The receipt with its signature and the public key, to be kept and checked elsewhere."""
    _require_sight(request)
    run = get_object_or_404(RetentionRun.objects.all(), pk=pk)
    name = f'attachment; filename="retention-{run.day}-{run.pk}.json"'
    return JsonResponse(receipt_of(run), headers={"Content-Disposition": name})
