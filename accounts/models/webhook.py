"""Where an agency's systems are told of what happened, and whether it reached them."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.tenancy import TenantForeignKey, TenantModel


class EventType(models.TextChoices):
    """What can be told of; docs/webhooks.md says what each event carries."""

    SEARCH_STATE = "search.state", _("A search was queued, done, or failed")
    SEARCH_STAGE = "search.stage", _("A search reached another stage")
    SEARCH_CONCLUDED = "search.concluded", _("A search was concluded")
    IMPORT_STAGE = "import.stage", _("An import reached another stage")
    ERASURE_FINISHED = "erasure.finished", _("An erasure was proved, or failed")
    TEST = "webhook.test", _("A test from Candor")


# A test goes to the endpoint that is tested, and to no other.
CHOSEN_EVENTS = [event for event in EventType if event != EventType.TEST]


class DisabledBy(models.TextChoices):
    """Why an endpoint gets nothing any more."""

    HAND = "hand", _("by an administrator")
    GONE = "gone", _("its system answered that it is gone for good (410)")
    FAILING = "failing", _("nothing reached it for five days")


class DeliveryState(models.TextChoices):
    WAITING = "waiting", _("On its way")
    DELIVERED = "delivered", _("Delivered")
    FAILED = "failed", _("Not delivered")


# Why there was no answer: the kind of error of `requests`, and what a person is told of it.
_PROBLEMS = {
    "ConnectionError": _("could not be reached"),
    "ConnectTimeout": _("did not answer in time"),
    "ReadTimeout": _("did not answer in time"),
    "SSLError": _("its certificate was not accepted"),
    "TooManyRedirects": _("leads elsewhere"),
    "InvalidURL": _("its address is not permitted any more"),
}


class WebhookEndpoint(TenantModel):
    """An address of the agency's. Its secrets are sealed with the agency's key.

    After a rotation the secret before signs too, until `previous_until`.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    url = models.CharField(_("address"), max_length=500)
    description = models.CharField(_("description"), max_length=200, blank=True)
    events = ArrayField(models.CharField(max_length=30))
    secret = models.BinaryField(editable=False)
    previous_secret = models.BinaryField(default=b"", editable=False)
    previous_until = models.DateTimeField(null=True, editable=False)
    created_by_label = models.CharField(max_length=254, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    disabled_at = models.DateTimeField(null=True, editable=False)
    disabled_by = models.CharField(max_length=7, choices=DisabledBy.choices, blank=True)
    # Tries in a row that failed, and since when.
    failures = models.PositiveIntegerField(default=0, editable=False)
    failing_since = models.DateTimeField(null=True, editable=False)
    removed_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(events__len__gt=0), name="webhook_wants_something"
            ),
            models.CheckConstraint(
                condition=models.Q(disabled_at=None, disabled_by="")
                | models.Q(disabled_at__isnull=False, disabled_by__in=DisabledBy.values),
                name="webhook_disabled_for_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return self.url

    @property
    def is_enabled(self) -> bool:
        return self.disabled_at is None and self.removed_at is None

    @property
    def event_words(self) -> list[str]:
        """What it is told of, in words."""
        return [str(EventType(name).label) for name in self.events]


class WebhookEvent(TenantModel):
    """Something that happened, written in the transaction in which it did."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    type = models.CharField(max_length=30, choices=EventType.choices)
    data = models.JSONField()
    happened_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-happened_at", "-pk"]
        indexes = [models.Index(fields=["agency_id", "happened_at"], name="webhook_event_age")]

    def __str__(self) -> str:
        return f"{self.type} {self.pk}"

    @property
    def name(self) -> str:
        """The header webhook-id: the same at every try, and when it is sent again."""
        return f"evt_{self.pk.hex}"


class WebhookDelivery(TenantModel):
    """One event on its way to one endpoint.

    A worker that tries holds it by `claim` until `leased_until`; then another may try again.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    event = TenantForeignKey(WebhookEvent, models.CASCADE, related_name="deliveries")
    endpoint = TenantForeignKey(WebhookEndpoint, models.CASCADE, related_name="deliveries")
    state = models.CharField(
        max_length=9, choices=DeliveryState.choices, default=DeliveryState.WAITING
    )
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    next_try_at = models.DateTimeField(default=timezone.now, editable=False)
    claim = models.UUIDField(null=True, editable=False)
    leased_until = models.DateTimeField(null=True, editable=False)
    # The last answer: its HTTP status, or a word for why there was none.
    status_code = models.PositiveSmallIntegerField(null=True, editable=False)
    problem = models.CharField(max_length=60, blank=True, editable=False)
    answered_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["agency_id", "event", "endpoint"], name="webhook_delivery_once"
            ),
        ]
        indexes = [
            models.Index(
                fields=["agency_id", "next_try_at"],
                condition=models.Q(state="waiting"),
                name="webhook_delivery_waiting",
            ),
            models.Index(
                fields=["agency_id", "endpoint", "created_at"], name="webhook_delivery_log"
            ),
        ]

    @property
    def problem_words(self) -> str:
        """Why the last try brought no answer."""
        return str(_PROBLEMS.get(self.problem, self.problem))

    def __str__(self) -> str:
        return f"{self.event_id} to {self.endpoint_id}"
