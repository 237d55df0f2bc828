"""What a denied request must leave as it was."""

from django.db import connection

from accounts.models import (
    Agency,
    ApiToken,
    IdentityProvider,
    Invitation,
    Membership,
    SecurityPolicy,
    SignOnDomain,
    SignOnLink,
    TrainingCertificate,
    WebhookDelivery,
    WebhookEndpoint,
)
from galleries.models import EngineChange, Erasure, LegalHold, RetentionRun
from oversight.models import (
    AlertEvent,
    MisuseAlert,
    PublicPage,
    RecordReview,
    RequestLetter,
    RequestNote,
    RequestSubject,
    SubjectRequest,
    TransparencyReport,
)
from portal.audit.models import AuditEntry
from portal.tenancy import scope
from searches.models import (
    Case,
    CaseCategory,
    CaseMember,
    CaseNote,
    Enrolment,
    Examination,
    ExaminationItem,
    ExaminerLoan,
    FaceImage,
    Gallery,
    GalleryGrant,
    GallerySource,
    Probe,
    ProbeEdit,
    Search,
    SearchDraft,
    SourceRegister,
    Subject,
)
from training.models import Exercise, ExerciseAnswer

COUNTED = (
    *(AuditEntry, Membership, Invitation, ApiToken, TrainingCertificate, SecurityPolicy),
    *(IdentityProvider, SignOnDomain, SignOnLink, WebhookEndpoint, WebhookDelivery),
    *(Case, CaseMember, CaseNote, CaseCategory, Probe, ProbeEdit, SearchDraft, Search),
    *(Examination, ExaminationItem, ExaminerLoan, Exercise, ExerciseAnswer),
    *(Gallery, GalleryGrant, GallerySource, SourceRegister, Subject, FaceImage, Enrolment),
    *(Erasure, LegalHold, RetentionRun),
    *(RecordReview, MisuseAlert, AlertEvent, PublicPage, TransparencyReport),
    *(SubjectRequest, RequestNote, RequestSubject, RequestLetter),
)


def contents(agency: Agency) -> tuple[int, ...]:
    """How many rows the agency has of each kind, in one query: it is asked for every address."""
    with scope(agency.pk), connection.cursor() as cursor:
        tables = [model._meta.db_table for model in COUNTED]
        counts = [f"(SELECT count(*) FROM {name} WHERE agency_id = {agency.pk})" for name in tables]
        cursor.execute(f"SELECT {', '.join(counts)}")
        counted: tuple[int, ...] = cursor.fetchone()
        changes = EngineChange.objects.values_list("stage", "asked", "paused", "throttle")
        return (*counted, hash(tuple(changes)))
