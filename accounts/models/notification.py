"""What a person was told of, as they find it in the portal."""

import uuid

from django.db import models
from django.db.models import Q

from accounts.models.user import User
from portal.tenancy import TenantModel


class NotificationKind(models.TextChoices):
    """What people are told of. Before the dot: what it is about, by which lists are narrowed.

    What each means to its reader is in the notification_parts.py of each app.
    """

    SEARCH_WAITS = "search.waits"
    SEARCH_DUE = "search.due"
    SEARCH_NEWS = "search.news"
    GRANT_OFFERED = "grant.offered"
    GRANT_ANSWERED = "grant.answered"
    GRANT_REVOKED = "grant.revoked"
    LOAN_ASKED = "loan.asked"
    LOAN_LENT = "loan.lent"
    LOAN_DECLINED = "loan.declined"
    SCORES_SHIFTED = "scores.shifted"
    ALERT_WAITS = "alert.waits"
    ALERT_NOBODY = "alert.nobody"
    REQUEST_RECEIVED = "request.received"
    REQUEST_MESSAGE = "request.message"
    REQUEST_SOON = "request.soon"
    REQUEST_OVERDUE = "request.overdue"
    REQUEST_ERASURE = "request.erasure"
    REVIEW_DUE = "review.due"
    REVIEW_OVERDUE = "review.overdue"
    CERTIFICATE_ENDS = "certificate.ends"
    ACCESS_GIVEN = "access.given"
    ACCESS_ENDED = "access.ended"
    ACCESS_RETURNED = "access.returned"
    ACCESS_ROLES = "access.roles"
    ACCESS_TOKEN = "access.token"  # noqa: S105 - a kind
    PEOPLE_ADMIN_ADDED = "people.admin_added"
    PEOPLE_ADMIN_REMOVED = "people.admin_removed"
    PEOPLE_LOCKED = "people.locked"
    LICENSE_ENDS = "license.ends"
    LICENSE_LIMIT = "license.limit"

    @property
    def topic(self) -> str:
        return self.value.partition(".")[0]


class Notification(TenantModel):
    """That a person was told of something: its kind and the id of the row, and nothing else of it.

    Row-level security shows a person their own rows, and in an agency's scope with a person those
    of that person in it; without one, as for the clock, the agency's. Only `read_at` ever changes,
    and once (migration 0030).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=30)
    subject_type = models.CharField(max_length=40)
    subject_id = models.CharField(max_length=40)
    made_at = models.DateTimeField(auto_now_add=True)
    read_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        # By kind what one moment told, so that a list stands the same however often it is made.
        ordering = ["-made_at", "kind", "-id"]
        indexes = [
            models.Index(fields=["agency_id", "user", "-made_at"], name="notification_of_person"),
            models.Index(
                fields=["user", "agency_id"],
                condition=Q(read_at=None),
                name="notification_unread",
            ),
            models.Index(fields=["agency_id", "made_at"], name="notification_age"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=NotificationKind.values), name="notification_known_kind"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject_type} {self.subject_id}"
