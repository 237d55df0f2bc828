"""The agency's license: terms, versions and what changed, and the signed object itself."""

from typing import Any

from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.faults import FAULTS
from accounts.guards import needs
from accounts.http import AgencyRequest
from accounts.license_documents import KIND, LicenseTampered
from accounts.license_history import history_of
from accounts.licensing import (
    LicenseState,
    current_terms,
    licenses_of,
    local_day,
    state_at,
    version_at,
)
from accounts.models import License, LicenseVersion
from accounts.permissions import Permission
from portal.signing import public_key_text

BADGES = {
    LicenseState.ACTIVE: "badge-done",
    LicenseState.GRACE: "badge-queued",
    LicenseState.PENDING: "badge-queued",
}


@require_safe
@needs(Permission.VIEW_LICENSE)
def license(request: AgencyRequest) -> HttpResponse:
    """What counts now, and every license that was signed for the agency."""
    agency, now = request.agency, timezone.now()
    try:
        terms = current_terms(agency.pk, now)
        licenses = licenses_of(agency.pk)
    except LicenseTampered as fault:
        return render(request, "accounts/license.html", {"problem": fault.message}, status=409)
    shown = [_shown(one, request) for one in licenses]
    signed = [entry for entry in shown if entry["history"]]
    signed.sort(key=lambda entry: terms is None or entry["license"].pk != terms.license_id)
    code = "missing" if terms is None else terms.state.value
    usable = terms is not None and terms.usable
    problem = "" if usable else FAULTS.get(f"license_{code}", "")
    context = {"terms": terms, "licenses": signed, "problem": problem}
    return render(request, "accounts/license.html", context)


def _shown(one: License, request: AgencyRequest) -> dict[str, Any]:
    now, zone = timezone.now(), request.agency.time_zone
    version = version_at(one.versions.all(), local_day(now, zone))
    state = state_at(one.acts.all(), version, now, zone)
    return {
        "license": one,
        "version": version,
        "state": state,
        "badge": BADGES.get(state, "badge-failed"),
        "history": history_of(one, drafts=False),
        "acts": [act for act in one.acts.all() if act.effective_at <= now],
    }


@require_safe
@needs(Permission.VIEW_LICENSE)
def license_download(request: AgencyRequest, pk: int) -> HttpResponse:
    """One signed version with its signature and the public key: docs/licenses.md verifies it."""
    rows = LicenseVersion.objects.select_related("license")
    version = get_object_or_404(rows, pk=pk, agency_id=request.actor.agency)
    if not version.is_signed:
        raise Http404
    signed = {
        "kind": KIND,
        "document": version.document,
        "signature": version.signature,
        "key_id": version.key_id,
        "public_key": public_key_text(),
    }
    response = JsonResponse(signed, json_dumps_params={"indent": 2, "ensure_ascii": False})
    name = f"{version.license.number.replace('/', '-')}-{version.version}.json"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
