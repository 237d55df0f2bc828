"""An agency that grants others search in a gallery, with pictures that can be copied."""

import uuid
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256
from typing import Any

import numpy as np
from django.utils import timezone

from accounts.access import actor_of
from accounts.actor import Actor, command_actor
from accounts.models import Agency, Membership, Role, User
from accounts.purposes import Purpose
from portal.tenancy import scope
from searches.measuring import ContractFacts, NewPicture
from searches.models import FaceImage, Gallery, GalleryGrant, Search
from searches.recognition import EnrolledFace, engine
from searches.services.enrolment import enrol_picture
from searches.services.galleries import create_gallery
from searches.services.grant_answers import accept_grant, look_up_grant
from searches.services.granting import Granted, offer_grant
from searches.services.searching import run_search, submit_search
from tests.factories import FACE, make_grounds, make_member, person_jpeg, provenance_of, unit

REASON = "The two agencies look for the same missing people"
AGREEMENT = "Agreement 12/2026"


@dataclass(frozen=True)
class Owner:
    """An agency with a gallery that nobody else sees, and its administrator."""

    agency: Agency
    admin: User
    gallery: Gallery

    @property
    def actor(self) -> Actor:
        return actor_in(self.agency, self.admin)


def actor_in(agency: Agency, user: User) -> Actor:
    with scope(agency.pk):
        member = Membership.objects.get(user=user)
        return actor_of(user, Agency.objects.get(pk=agency.pk), member, "127.0.0.1")


def make_owner(agency: Agency, subjects: int = 4, name: str = "Missing people") -> Owner:
    """An agency whose gallery has subjects with pictures and templates drawn at random."""
    admin = make_member(agency, f"giver-{agency.slug}@{agency.slug}.example", Role.ADMIN)
    with scope(agency.pk):
        gallery = create_gallery(
            actor=command_actor("test", agency.pk),
            name=name,
            source=f"{name} register",
            source_kind="missing_person_reports",
            legal_basis="Missing Persons Act s. 3",
        )
        for number in range(subjects):
            make_face(gallery, f"SECRET-{number:03d}", number)
    return Owner(agency, admin, gallery)


def make_face(gallery: Gallery, reference: str, seed: int, picture: int = 0) -> FaceImage:
    """An enrolled picture that can be decoded, with a template of its own under the engine's."""
    contract = engine().contract
    vector = unit(*np.random.default_rng(1000 + seed).normal(size=contract.dimension))
    data = person_jpeg(50 + seed, picture, size=240)
    new = NewPicture(
        data=data,
        sha256=sha256(data).hexdigest(),
        media_type="image/jpeg",
        found=EnrolledFace(FACE, 0, person_jpeg(50 + seed, picture, size=160), vector),
        contract=ContractFacts(contract.id, "open", contract.dimension),
    )
    made = enrol_picture(
        actor=command_actor("test", gallery.agency_id),
        gallery=gallery,
        reference=reference,
        picture=new,
        provenance=provenance_of(gallery),
    )
    assert isinstance(made, FaceImage)
    return made


def today() -> date:
    return timezone.now().date()


def granted(agency: str, **changed: Any) -> Granted:
    usual: dict[str, Any] = {
        "agency": agency,
        "purposes": [Purpose.MISSING_PERSON],
        "starts_on": today() - timedelta(days=1),
        "ends_on": today() + timedelta(days=30),
        "searches": 3,
        "agreement": AGREEMENT,
        "reason": REASON,
    }
    return Granted(**usual | changed)


def make_offer(owner: Owner, borrower: Agency, **changed: Any) -> GalleryGrant:
    """Offered and looked up, in the owner's scope."""
    with scope(owner.agency.pk):
        terms = granted(borrower.slug, **changed)
        grant = offer_grant(actor=owner.actor, gallery=owner.gallery, granted=terms)
        look_up_grant(grant.pk)
        grant.refresh_from_db()
    return grant


def make_grant(owner: Owner, borrower: Agency, **changed: Any) -> GalleryGrant:
    """Offered, and accepted by an administrator of the borrowing agency."""
    grant = make_offer(owner, borrower, **changed)
    with scope(borrower.pk):
        taker = User.objects.filter(email=f"taker@{borrower.slug}.example").first()
        taker = taker or make_member(borrower, f"taker@{borrower.slug}.example", Role.ADMIN)
        accept_grant(actor=actor_in(borrower, taker), pk=grant.pk)
    return again(grant)


def again(grant: GalleryGrant) -> GalleryGrant:
    """The grant as it is now."""
    with scope(grant.agency_id):
        return GalleryGrant.objects.get(pk=grant.pk)


def search_shared(
    actor: Actor,
    probe: Any,
    grants: list[GalleryGrant],
    galleries: list[Gallery] | None = None,
    *,
    run: bool = True,
    limit: int = 4,
    key: Any = None,
    **grounds: Any,
) -> Search:
    """A search in granted galleries, and in own ones, in the scope of the agency that searches."""
    search = submit_search(
        actor=actor,
        probe=probe,
        face_index=0,
        galleries=galleries or [],
        grants=grants,
        grounds=make_grounds(**grounds),
        limit=limit,
        submission_key=key or uuid.uuid4(),
    )
    if run:
        run_search(search.pk)
        search.refresh_from_db()
    return search
