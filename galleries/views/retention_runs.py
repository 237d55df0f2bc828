"""What runs of the retention removed, with their receipts."""

from uuid import UUID

from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.http import AgencyRequest
from galleries.access import require_receipts, retention_run_for
from galleries.models import Erasure, RetentionRun
from galleries.run_receipts import galleries_of, is_genuine, receipt_of
from portal.paging import page_of


@require_safe
def retention_runs(request: AgencyRequest) -> HttpResponse:
    require_receipts(request.actor)
    page = page_of(request, RetentionRun.objects.defer("document"))
    return render(request, "galleries/retention_runs.html", {"page": page})


@require_safe
def retention_run(request: AgencyRequest, pk: UUID) -> HttpResponse:
    run = retention_run_for(request.actor, pk)
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
    run = retention_run_for(request.actor, pk)
    name = f'attachment; filename="retention-{run.day}-{run.pk}.json"'
    return JsonResponse(receipt_of(run), headers={"Content-Disposition": name})
