"""Who of the staff worked when and why, and the platform's own record: to read only."""

from accounts.platform.base import PlatformAdmin


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
