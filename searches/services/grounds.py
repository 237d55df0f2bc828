"""The grounds of a search: for what purpose, on what legal basis, and why."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from accounts.faults import Fault as AccountFault
from accounts.policies import policy_of
from accounts.services.training import media_type_of
from searches.faults import Fault
from searches.models import AuthorizationNeeded, Basis

URGENT_HOURS = (
    48  # EU AI Act Art. 26(10): authorization without undue delay, at most 48 hours later
)
MIN_WORDS = 10
"""Characters that a reason, stated facts or a decision have at least."""
MAX_WORDS = 4000
MAX_REFERENCE = 200


@dataclass(frozen=True, slots=True)
class Grounds:
    """What the person states. Facts go with an initial identification, reference and document
    with an authorization that was given elsewhere (a warrant, an order)."""

    purpose: str
    basis: str
    reason: str
    facts: str = ""
    reference: str = ""
    document: bytes = b""


@dataclass(frozen=True, slots=True)
class CheckedGrounds:
    """Grounds that hold together, and what follows from them."""

    given: Grounds
    document_type: str
    needed: AuthorizationNeeded
    authorize_by: datetime | None


def check_grounds(agency_id: int, given: Grounds) -> CheckedGrounds:
    """Raises Fault for grounds that lack something. The purpose is the license's affair."""
    if given.basis not in Basis.values:
        raise Fault("basis_unknown")
    require_words(given.reason, "search_reason_missing")
    document_type = ""
    if given.basis == Basis.INITIAL_IDENTIFICATION:
        require_words(given.facts, "facts_missing")
    elif given.basis == Basis.AUTHORIZED:
        if not given.reference.strip() or len(given.reference) > MAX_REFERENCE:
            raise Fault("authorization_reference_missing")
        document_type = _document_type(given.document)
    by = timezone.now() + timedelta(hours=URGENT_HOURS) if given.basis == Basis.URGENT else None
    return CheckedGrounds(given, document_type, _needed(agency_id, given.basis), by)


def require_words(text: str, code: str) -> str:
    """The text without surrounding space. Raises Fault when it says too little or too much."""
    text = text.strip()
    if len(text) < MIN_WORDS:
        raise Fault(code)
    if len(text) > MAX_WORDS:
        raise Fault("text_too_long")
    return text


def _needed(agency_id: int, basis: str) -> AuthorizationNeeded:
    if basis == Basis.URGENT:
        return AuthorizationNeeded.AFTER
    if basis == Basis.AUTHORIZED or policy_of(agency_id).authorize_every_search:
        return AuthorizationNeeded.BEFORE
    return AuthorizationNeeded.NONE


def _document_type(document: bytes) -> str:
    if not document:
        raise Fault("document_missing")
    with _document_codes():
        return media_type_of(document)


@contextmanager
def _document_codes() -> Iterator[None]:
    """What is wrong with a certificate's evidence is wrong with a warrant too, in other words."""
    try:
        yield
    except AccountFault as fault:
        raise Fault(fault.code.replace("evidence_", "document_")) from fault
