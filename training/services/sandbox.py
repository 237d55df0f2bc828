"""Makes a training place: an agency of drawn people, with pictures, a gallery and searches in it.

Each part is left out when it is there already, so that the command can be run again: it goes on
where it was cut off, and makes new searches when the waiting ones are used up.
"""

import uuid
from datetime import date, timedelta
from decimal import Decimal
from hashlib import sha256

from django.utils import timezone

from accounts.access import agency_by_slug
from accounts.actor import Actor, command_actor
from accounts.licensing import current_terms, local_day
from accounts.models import Agency, AgencyState
from accounts.purposes import Purpose, SourceKind
from accounts.services.agencies import create_agency
from accounts.services.licenses.drafting import draft_license
from accounts.services.licenses.signing import sign_version
from galleries.services.quality import change_quality
from portal.audit.actions import Action
from portal.audit.recorder import record
from portal.tenancy import scope
from searches.engines.synthetic import Identity, Scene, draw
from searches.files import new_files
from searches.images import encode_jpeg
from searches.measuring import measure
from searches.models import DuplicateCheck, Gallery, Subject
from searches.quality_advice import limits_of
from searches.services.contracts import contract_asked
from searches.services.enrolment import Provenance, enrol_picture
from searches.services.galleries import create_gallery, main_register
from training.models import PracticePicture

COMMAND = "create_sandbox"
GALLERY = "Drawn people"
SOURCE, BASIS = "Candor's own drawings", "No real person is shown"
COLLECTED_ON = date(2026, 1, 1)
# Drawings are more alike than photographs: two of one person are about 0.989 (portal/demo).
ALIKE = 0.99
FIRST_SEED = 500_001
"""Apart from the people of the demo and of the tests."""
PRACTICE_PICTURES = 6
DAYS = 5 * 365
"""How long the license for nothing lasts."""


def make_sandbox(*, name: str, slug: str) -> Agency:
    """A new training place with a license that costs nothing. Raises ValidationError."""
    operator = command_actor(COMMAND, None)
    agency = agency_by_slug(slug)
    if agency is None:
        agency = create_agency(
            actor=operator, name=name, slug=slug, state=AgencyState.ACTIVE, is_sandbox=True
        )
    with scope(agency.pk):
        is_licensed = current_terms(agency.pk, timezone.now()) is not None
    if not is_licensed:
        draft = draft_license(
            actor=operator,
            agency=agency,
            amount=Decimal(0),
            currency="USD",
            ends_on=local_day(timezone.now(), agency.time_zone) + timedelta(days=DAYS),
            seats=500,
            searches_per_month=10_000,
            faces=10_000,
            purposes=Purpose.values,
            source_kinds=SourceKind.values,
            impact_assessment_id="TRAINING",
            registration_id="TRAINING",
        )
        sign_version(actor=operator, version=draft)
    return agency


def reference_of(number: int) -> str:
    return f"D-{number:03d}"


def drawn(number: int, picture: int) -> bytes:
    """A picture of the gallery's `number`-th person (from 1); 0 is the one of the register."""
    seed = FIRST_SEED + number
    make = Scene.from_seed if picture else Scene.id_photo
    return encode_jpeg(draw(Identity.from_seed(seed), make(seed * 1000 + picture)), quality=92)


def fill_gallery(actor: Actor, people: int) -> Gallery:
    """The gallery of so many drawn people, one picture of each."""
    gallery = Gallery.objects.filter(name=GALLERY).first() or _new_gallery(actor)
    provenance = Provenance(main_register(gallery), COLLECTED_ON)
    there = {subject.reference for subject in Subject.objects.filter(gallery=gallery)}
    for number in range(1, people + 1):
        if reference_of(number) in there:
            continue
        gallery.refresh_from_db()
        picture = measure(drawn(number, 0), contract_asked(gallery))
        known = {"reference": reference_of(number)}
        PracticePicture.objects.get_or_create(sha256=picture.sha256, defaults=known)
        enrol_picture(
            actor=actor,
            gallery=gallery,
            reference=reference_of(number),
            picture=picture,
            provenance=provenance,
        )
    return gallery


def _new_gallery(actor: Actor) -> Gallery:
    gallery = create_gallery(
        actor=actor,
        name=GALLERY,
        source=SOURCE,
        source_kind=SourceKind.OTHER_LAWFUL_REGISTER,
        legal_basis=BASIS,
    )
    return change_quality(
        actor=actor,
        gallery=gallery,
        duplicate_check=DuplicateCheck.OWN,
        duplicate_similarity=ALIKE,
        limits=limits_of(gallery),
    )


def add_pictures(actor: Actor, people: int) -> None:
    """The pictures to practise with, of the first people of the gallery."""
    wanted = min(PRACTICE_PICTURES, people)
    missing = [
        number
        for number in range(1, wanted + 1)
        if not PracticePicture.objects.filter(number=number).exists()
    ]
    with new_files(actor.agency) as files:
        for number in missing:
            data = drawn(number, 1)
            PracticePicture(
                number=number,
                reference=reference_of(number),
                sha256=sha256(data).hexdigest(),
                file_key=files.put(data),
            ).save(force_insert=True)
        if missing:
            agency = Agency.objects.get(pk=actor.agency)
            facts = {"subjects": people, "pictures": wanted}
            record(actor, Action.SANDBOX_FILLED, agency, facts)


def submission_key(agency: Agency, name: str) -> uuid.UUID:
    """The same key for the same thing, so that a run that is repeated makes nothing twice."""
    return uuid.uuid5(uuid.NAMESPACE_URL, f"candor:sandbox:{agency.pk}:{name}")
