"""Handing out what is known of a concluded search: the report, the disclosure bundle."""

from hashlib import sha256
from io import BytesIO

from django.db import transaction
from django.utils import timezone

from accounts.actor import Actor
from accounts.permissions import Permission
from portal.audit.actions import Action
from portal.audit.recorder import record
from searches.documents.bundle import write_bundle
from searches.documents.dossier import dossier_of
from searches.documents.report import Making, report_pdf
from searches.models import Search
from searches.services.stages import locked_search


@transaction.atomic
def make_report(*, actor: Actor, search: Search, language: str) -> bytes:
    """The report in a language of searches.documents.report.LANGUAGES. Raises Fault.

    The search is held still meanwhile, so that nothing of it is erased under the report.
    """
    actor.require(Permission.VIEW_CANDIDATES)
    dossier = dossier_of(locked_search(search))
    made = report_pdf(dossier, language, Making(actor.label, timezone.now()))
    facts = {"case": str(search.case_id), "language": language, "sha256": sha256(made).hexdigest()}
    record(actor, Action.REPORT_DOWNLOADED, search, facts)
    return made


@transaction.atomic
def make_bundle(*, actor: Actor, search: Search) -> BytesIO:
    """The disclosure bundle as a ZIP. Raises Fault. The record keeps its SHA-256."""
    actor.require(Permission.DISCLOSE)
    dossier = dossier_of(locked_search(search))
    made = write_bundle(dossier, Making(actor.label, timezone.now()))
    digest = sha256(made.getbuffer()).hexdigest()
    record(actor, Action.BUNDLE_DOWNLOADED, search, {"case": str(search.case_id), "sha256": digest})
    return made
