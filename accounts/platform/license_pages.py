"""What the pages of one license have in common."""

from typing import Any

from django.http import Http404, HttpRequest

from accounts.models import License, LicenseVersion
from accounts.platform.base import PlatformAdmin, actor_in
from accounts.services.platform_record import record_for_both
from portal.audit.actions import Action


class LicensePages(PlatformAdmin):
    """Finds the license; whoever opens one leaves a trace, also with its agency."""

    def license(self, request: HttpRequest, object_id: str) -> Any:
        """The license with its state, or 404."""
        license = self.get_object(request, object_id)
        if license is None:
            raise Http404
        return license

    def note_view(self, request: HttpRequest, license: License) -> None:
        facts = {"number": license.number}
        record_for_both(actor_in(request), Action.LICENSE_VIEWED, license.agency, facts, license)


def draft_of(license: License) -> LicenseVersion | None:
    return license.versions.filter(signature="").first()


def last_signed_of(license: License) -> LicenseVersion:
    """The terms to go on from; 404 when nothing is signed."""
    last = license.versions.exclude(signature="").order_by("version").last()
    if last is None:
        raise Http404
    return last
