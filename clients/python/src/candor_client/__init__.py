"""Candor's API for Python programs: `Candor` (blocking) and `AsyncCandor` (asyncio)."""

from candor_client.answers import (
    Candidate,
    Candidates,
    Case,
    Conclusion,
    Erasure,
    Examination,
    Face,
    Import,
    Me,
    Probe,
    Progress,
    Search,
)
from candor_client.attempts import Retries
from candor_client.calls import Attachment
from candor_client.clients import AsyncCandor, Candor
from candor_client.errors import (
    AnswerUnexpected,
    ApiProblem,
    CandorError,
    EndedOtherwise,
    FieldError,
    Unreachable,
    WaitedTooLong,
    WebhookRefused,
)
from candor_client.webhooks import verify_webhook

__all__ = [
    "AnswerUnexpected",
    "ApiProblem",
    "AsyncCandor",
    "Attachment",
    "Candidate",
    "Candidates",
    "Candor",
    "CandorError",
    "Case",
    "Conclusion",
    "EndedOtherwise",
    "Erasure",
    "Examination",
    "Face",
    "FieldError",
    "Import",
    "Me",
    "Probe",
    "Progress",
    "Retries",
    "Search",
    "Unreachable",
    "WaitedTooLong",
    "WebhookRefused",
    "verify_webhook",
]
