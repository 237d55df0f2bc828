"""A request of a person whose data the agency may hold. Its words are sealed."""

import uuid

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from oversight.models.request_words import (
    OPEN_STATES,
    Channel,
    IdentityMethod,
    Reach,
    RefusalGround,
    RequestKind,
    RequestOutcome,
    RequestState,
    SentHow,
    Withheld,
    WithheldGround,
)
from portal.tenancy import TenantModel
from searches.sealed import sealed_column, sealed_text

GRANTED = [RequestOutcome.GRANTED, RequestOutcome.PARTLY]


def _listed(name: str, values: list[str]) -> models.CheckConstraint:
    return models.CheckConstraint(condition=Q(**{f"{name}__in": values}), name=f"request_{name}")


class SubjectRequest(TenantModel):
    """Moves along RequestState only; the database keeps what was asked and what was decided.

    `due_on` is the last day of the month from receipt, or of three months once it was extended.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    number = models.CharField(max_length=12, editable=False)
    kind = models.CharField(max_length=12, choices=RequestKind.choices)
    state = models.CharField(
        max_length=12, choices=RequestState.choices, default=RequestState.RECEIVED
    )
    state_since = models.DateTimeField(db_default=Now(), editable=False)
    channel = models.CharField(max_length=12, choices=Channel.choices)
    language = models.CharField(max_length=2)
    for_another = models.BooleanField(default=False)
    reach = models.CharField(max_length=6, choices=Reach.choices)
    received_at = models.DateTimeField(editable=False)
    due_on = models.DateField(editable=False)
    extended_at = models.DateTimeField(null=True, editable=False)
    owner_id = models.BigIntegerField(null=True, editable=False)
    owner_label = models.CharField(max_length=254, blank=True, editable=False)
    # An earlier request of the same agency; no foreign key, as the rows end together.
    duplicate_of = models.UUIDField(null=True, editable=False)
    identity_method = models.CharField(max_length=12, choices=IdentityMethod.choices, blank=True)
    identity_at = models.DateTimeField(null=True, editable=False)
    identity_by_id = models.BigIntegerField(null=True, editable=False)
    identity_by_label = models.CharField(max_length=254, blank=True, editable=False)
    outcome = models.CharField(max_length=10, choices=RequestOutcome.choices, blank=True)
    ground = models.CharField(max_length=12, choices=RefusalGround.choices, blank=True)
    withheld = models.CharField(max_length=12, choices=Withheld.choices, blank=True)
    withheld_ground = models.CharField(max_length=20, choices=WithheldGround.choices, blank=True)
    decided_at = models.DateTimeField(null=True, editable=False)
    decided_by_id = models.BigIntegerField(null=True, editable=False)
    decided_by_label = models.CharField(max_length=254, blank=True, editable=False)
    erase_by = models.DateField(null=True)
    erased_at = models.DateTimeField(null=True, editable=False)
    erased_by_label = models.CharField(max_length=254, blank=True, editable=False)
    sent_at = models.DateTimeField(null=True, editable=False)
    sent_how = models.CharField(max_length=10, choices=SentHow.choices, blank=True)
    name_sealed = sealed_column()
    other_names_sealed = sealed_column()
    born_sealed = sealed_column()
    address_sealed = sealed_column()
    occasion_sealed = sealed_column()
    about_sealed = sealed_column()
    extension_sealed = sealed_column()
    told_sealed = sealed_column()
    inside_sealed = sealed_column()

    name = sealed_text("name_sealed")
    other_names = sealed_text("other_names_sealed")
    born = sealed_text("born_sealed")
    # An e-mail address or a postal one, as `reach` says.
    address = sealed_text("address_sealed")
    occasion = sealed_text("occasion_sealed")
    about = sealed_text("about_sealed")
    extension = sealed_text("extension_sealed")
    # What the letter says about the decision, and why the agency decided so among itself.
    told = sealed_text("told_sealed")
    inside = sealed_text("inside_sealed")

    class Meta:
        verbose_name = _("request of a data subject")
        verbose_name_plural = _("requests of data subjects")
        ordering = ["due_on", "received_at"]
        constraints = [
            models.UniqueConstraint(fields=["agency_id", "number"], name="request_number_once"),
            _listed("kind", RequestKind.values),
            _listed("state", RequestState.values),
            _listed("channel", Channel.values),
            _listed("reach", Reach.values),
            _listed("identity_method", ["", *IdentityMethod.values]),
            _listed("outcome", ["", *RequestOutcome.values]),
            _listed("ground", ["", *RefusalGround.values]),
            _listed("withheld", Withheld.values),
            _listed("withheld_ground", ["", *WithheldGround.values]),
            models.CheckConstraint(
                condition=Q(state=RequestState.DECIDED, decided_at__isnull=False) & ~Q(outcome="")
                | ~Q(state=RequestState.DECIDED) & Q(outcome="", decided_at=None),
                name="request_decided_has_outcome",
            ),
            models.CheckConstraint(
                condition=Q(outcome=RequestOutcome.REFUSED) & ~Q(ground="")
                | ~Q(outcome=RequestOutcome.REFUSED) & Q(ground=""),
                name="request_refused_has_ground",
            ),
            models.CheckConstraint(
                condition=Q(withheld="", withheld_ground="")
                | Q(kind=RequestKind.ACCESS, outcome__in=GRANTED)
                & ~Q(withheld="")
                & ~Q(withheld_ground=""),
                name="request_withheld_has_ground",
            ),
            models.CheckConstraint(
                condition=Q(identity_method="", identity_at=None)
                | ~Q(identity_method="") & Q(identity_at__isnull=False),
                name="request_identity_checked",
            ),
            # No access or erasure for somebody whose identity nobody checked.
            models.CheckConstraint(
                condition=~Q(kind__in=["access", "erasure"], outcome__in=GRANTED)
                | ~Q(identity_method=""),
                name="request_granted_to_the_person",
            ),
            models.CheckConstraint(
                condition=Q(kind=RequestKind.ERASURE, outcome__in=GRANTED, erase_by__isnull=False)
                | ~Q(kind=RequestKind.ERASURE, outcome__in=GRANTED)
                & Q(erase_by=None, erased_at=None),
                name="request_erase_by",
            ),
            models.CheckConstraint(
                condition=Q(sent_at=None, sent_how="")
                | Q(sent_at__isnull=False, state=RequestState.DECIDED),
                name="request_sent_after_decision",
            ),
        ]
        indexes = [
            models.Index(
                fields=["agency_id", "due_on"],
                condition=Q(state__in=list(OPEN_STATES)),
                name="request_open",
            ),
            models.Index(fields=["agency_id", "-received_at"], name="request_received"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_STATES

    @property
    def is_identified(self) -> bool:
        return bool(self.identity_method)

    @property
    def is_to_be_erased(self) -> bool:
        return self.erase_by is not None and self.erased_at is None
