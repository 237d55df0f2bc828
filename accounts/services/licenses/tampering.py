"""The alarm for licenses that are not what was signed."""

import logging
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.actor import system_actor
from accounts.license_documents import LicenseTampered, verify_version
from accounts.mails import send_license_alarm
from accounts.models import Agency, LicenseVersion
from accounts.services.licenses.locks import one_at_a_time
from accounts.services.platform_record import record_for_both
from portal.audit.actions import Action
from portal.audit.models import AuditEntry
from portal.tenancy import platform_scope

logger = logging.getLogger(__name__)
SAY_AGAIN_AFTER = timedelta(days=1)


def verify_all() -> None:
    """Look at the licenses of every agency; raise the alarm where one was changed."""
    with platform_scope():
        agencies = list(Agency.objects.values_list("pk", flat=True))
    for agency_id in agencies:
        report_tampering(agency_id)


def report_tampering(agency_id: int) -> None:
    """Record each changed version in both records and write to the platform, once a day each."""
    with platform_scope():
        agency = Agency.objects.get(pk=agency_id)
        rows = LicenseVersion.objects.filter(agency=agency).select_related("license", "agency")
        for version in rows.exclude(signature=""):
            try:
                verify_version(version, version.license, version.agency)
            except LicenseTampered:
                _report(agency, version)


@transaction.atomic
def _report(agency: Agency, version: LicenseVersion) -> None:
    one_at_a_time(f"alarm {version.pk}")
    recent = AuditEntry.objects.filter(
        agency_id=None,
        action=Action.LICENSE_TAMPERED,
        subject_type="licenseversion",
        subject_id=str(version.pk),
        at__gt=timezone.now() - SAY_AGAIN_AFTER,
    )
    if recent.exists():
        return
    logger.error("license_tampered: agency %s, version %s", agency.pk, version.pk)
    actor = system_actor("verify_licenses", agency.pk)
    facts = {"license": version.license_id, "version": version.version}
    record_for_both(actor, Action.LICENSE_TAMPERED, agency, facts, version)
    if "@" in settings.PLATFORM_CONTACT:
        transaction.on_commit(lambda: send_license_alarm(agency, version))
