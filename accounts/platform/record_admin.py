"""Who of the staff worked when and why, and the platform's own record: to read only."""

from accounts.actor import Actor
from accounts.models import Agency
from accounts.platform.base import PlatformAdmin
from accounts.services.platform_record import record_for_both
from portal.audit.actions import Action
from portal.audit.models import AuditEntry


class StaffSessionAdmin(PlatformAdmin):
    list_display = ["started_at", "user", "reason", "expires_at", "ended_at"]
    list_select_related = ["user"]
    show_full_result_count = False
    fields = ["user", "reason", "started_at", "expires_at", "ended_at"]


class AuditEntryAdmin(PlatformAdmin):
    """Row-level security shows the platform the entries that belong to no agency."""

    list_display = ["at", "action", "actor_label", "source", "subject_type", "subject_id"]
    list_filter = ["action"]
    search_fields = ["actor_label"]
    show_full_result_count = False
    fields = ["at", "action", "actor_label", "source", "subject_type", "subject_id", "data"]

    def record_view(self, actor: Actor, row: AuditEntry) -> None:
        """An entry about an agency concerns it."""
        agency = None
        if row.subject_type == Agency._meta.model_name:
            agency = Agency.objects.filter(pk=int(row.subject_id)).first()
        if agency is None:
            super().record_view(actor, row)
        else:
            record_for_both(actor, Action.AGENCY_VIEWED, agency)
