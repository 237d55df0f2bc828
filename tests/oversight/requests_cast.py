"""People who handle requests, and a request brought along by the services."""

import uuid
from datetime import date
from typing import Any

from accounts.actor import Actor
from accounts.models import Agency, Role
from oversight.models import PublicPage, SubjectRequest
from oversight.public_access import public_actor
from oversight.services.public_page import latest_page, save_texts, switch_page
from oversight.services.requests.deciding import Decision, decide, mark_sent
from oversight.services.requests.handling import add_note, add_subjects, check_identity, take
from oversight.services.requests.receiving import Asked, Taken, take_request
from tests.factories import make_actor

PAGE = {
    "en": {
        "policy": "We search stills of serious crimes.",
        "contact": "Write to us.",
        "authority": "Data Protection Board",
        "postal_address": "1 Harbour Street",
    },
    "fr": {"policy": "Nous cherchons dans des images fixes.", "contact": "Écrivez-nous."},
}
WHY = "As the data protection officer advised"


def make_public_page(agency: Agency, *, on: bool = True) -> PublicPage:
    before = latest_page()
    seen = before.number if before else 0
    admin = make_actor(agency.pk, f"page-{seen}", Role.ADMIN)
    page = save_texts(actor=admin, seen=seen, texts=PAGE)
    return switch_page(actor=admin, seen=page.number, on=True) if on else page


def asked(**changed: Any) -> Asked:
    usual: dict[str, Any] = {
        "kind": "access",
        "name": "Jo Zhvanetsky",
        "reach": "email",
        "address": "jo@home.example",
        "language": "en",
        "other_names": "Jo Miller",
        "born": "1980-02-03",
        "occasion": "In custody in May 2024",
        "about": "What do you hold about me?",
    }
    return Asked(**usual | changed)


def make_taken(agency: Agency, **changed: Any) -> Taken:
    return take_request(
        actor=public_actor(agency),
        agency=agency,
        asked=asked(**changed),
        submission_key=uuid.uuid4(),
    )


def make_request(agency: Agency, **changed: Any) -> SubjectRequest:
    return make_taken(agency, **changed).request


def two_handlers(agency: Agency) -> tuple[Actor, Actor]:
    return (
        make_actor(agency.pk, "handler-one", Role.SUPERVISOR),
        make_actor(agency.pk, "handler-two", Role.SUPERVISOR),
    )


def in_work(request: SubjectRequest, actor: Actor, *references: str) -> SubjectRequest:
    """Taken, its identity checked, its subjects chosen."""
    take(actor=actor, request=request)
    for reference in references:
        add_subjects(actor=actor, request=request, reference=reference)
    return check_identity(actor=actor, request=request, method="document")


def decided(request: SubjectRequest, actor: Actor, **values: Any) -> SubjectRequest:
    usual: dict[str, Any] = {"outcome": "granted", "why": WHY}
    if request.kind == "erasure":
        usual["erase_by"] = date(2199, 1, 1)
    return decide(actor=actor, request=request, decision=Decision(**usual | values))


def full_requests(agency: Agency) -> Taken:
    """A public page, and an answered request with a note, a chosen subject and a sent letter."""
    make_public_page(agency)
    one, two = two_handlers(agency)
    taken = make_taken(agency)
    request = in_work(taken.request, one, "P-1")
    add_note(actor=one, request=request, text="Called back on Monday")
    mark_sent(actor=two, request=decided(request, two), how="post")
    return taken
