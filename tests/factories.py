"""Rows as the services make them, for tests that need an agency with something in it."""

import json
import uuid
from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from django.utils import timezone
from numpy.typing import NDArray

from accounts.access import actor_of, files_of
from accounts.actor import Actor, command_actor
from accounts.licensing import local_day
from accounts.models import (
    CHOSEN_EVENTS,
    Activity,
    Agency,
    ApiToken,
    DestructionReceipt,
    EventType,
    FormerContent,
    FormerRecord,
    IdempotentAnswer,
    IdentityProvider,
    Invitation,
    LicenseVersion,
    Membership,
    Offboarding,
    Role,
    SecondFactorRule,
    SecurityPolicy,
    SignOnDomain,
    TrainingCertificate,
    User,
    WebhookEndpoint,
)
from accounts.models.former_record import bound_to
from accounts.permissions import Permission
from accounts.policies import as_values, policy_of
from accounts.purposes import Purpose, SourceKind
from accounts.services.agencies import add_member
from accounts.services.invitations import invite_member
from accounts.services.licenses.acts import suspend
from accounts.services.licenses.drafting import draft_license
from accounts.services.licenses.signing import sign_version
from accounts.services.policies import change_policy
from accounts.services.reminding import remind_agency
from accounts.services.sign_on import (
    ProviderFacts,
    confirm_domain,
    propose_domain,
    save_provider,
    withdraw_domain,
)
from accounts.services.sign_on_links import admit
from accounts.services.tokens import create_token
from accounts.services.training import CertificateFacts, add_certificate
from accounts.services.warning import warn_agency
from accounts.webhooks.events import hand_over
from accounts.webhooks.signing import new_secret, sealed
from galleries.models import Erasure, ErasureCause, ErasureTarget
from galleries.services.erasing import request_erasure
from oversight.misuse.facts import Finding as MisuseFinding
from oversight.misuse.facts import Severity
from oversight.misuse.unrelated_faces import RULE as UNRELATED_FACES
from oversight.models import (
    Destination,
    Finding,
    MisuseAlert,
    RecordReview,
    ReminderKind,
    ReviewReminder,
    TransparencyReport,
)
from oversight.services.alerts import raise_alert
from oversight.services.transparency import make_report
from oversight.transparency.periods import named
from oversight.weeks import monday_of
from portal import signing
from portal.audit.actions import Action
from portal.audit.checkpoints import take_checkpoint
from portal.audit.contents import seal_beside
from portal.audit.exporting import export_stream
from portal.audit.models import AuditChain, AuditLink, Checkpoint, CheckpointStamp
from portal.audit.recorder import record
from portal.tenancy import scope
from searches.engines.base import Box, Face, Quality
from searches.engines.synthetic import Identity, Scene, draw
from searches.images import encode_jpeg
from searches.measuring import ContractFacts, NewPicture
from searches.models import (
    Basis,
    CaptureKind,
    Case,
    CaseCategory,
    Enrolment,
    ErasedFile,
    ExaminerLoan,
    FaceImage,
    Gallery,
    Probe,
    ProbeEdit,
    ScanHolder,
    ScanQuestion,
    Search,
    SearchDraft,
    SourceRegister,
)
from searches.recognition import EnrolledFace, slots
from searches.services.authorizing import refuse_search
from searches.services.capture import Capture
from searches.services.case_limits import change_cap
from searches.services.case_notes import add_note
from searches.services.case_people import add_member as add_case_member
from searches.services.case_people import change_owner
from searches.services.cases import open_case
from searches.services.categories import add_category, retire_category
from searches.services.concluding import report_follow_up
from searches.services.drafts import save_draft
from searches.services.editing import edit_probe
from searches.services.enrolment import Provenance, enrol_picture, request_enrolment, run_enrolment
from searches.services.examining import decide, start_examination, submit_examination
from searches.services.galleries import create_gallery, main_register
from searches.services.grounds import Grounds
from searches.services.jobs import claimed, pause
from searches.services.lending import lend_examiner
from searches.services.looking_up import look_up_loan
from searches.services.probes import analyse_probe, upload_probe
from searches.services.searching import run_search, submit_search
from tests.identity_provider import CLIENT_SECRET

COLLECTED_ON = date(2026, 1, 2)
CAPTURE = Capture(date(2026, 1, 3), CaptureKind.CCTV, "Entrance, 12 Harbour Street", "Camera 4")
# What the upload page asks for beside the picture.
CAPTURE_FIELDS = {
    "captured_on": "2026-01-03",
    "capture_kind": "cctv",
    "capture_place": CAPTURE.place,
    "capture_device": CAPTURE.device,
}
CONTRACT = ContractFacts("candor-ec1-sha256:" + "0" * 64, "made-up", 4)
FACE = Face(
    box=Box(10, 10, 90, 90),
    landmarks=((30, 40), (40, 40), (70, 40), (60, 40), (50, 60)),
    score=0.9,
    quality=Quality(40.0, 0.5, 0.5, 0.0, 0.0, 0.0),
)


def unit(*values: float) -> NDArray[np.float32]:
    vector = np.array(values, np.float32)
    return vector / np.float32(np.linalg.norm(vector))


def provenance_of(gallery: Gallery, register: SourceRegister | None = None) -> Provenance:
    """Of the register that the gallery was made for, or another of its registers."""
    return Provenance(register or main_register(gallery), COLLECTED_ON)


@cache
def person_jpeg(seed: int, picture: int = 0, size: int = 320) -> bytes:
    """A picture of the synthetic person with this seed."""
    scene = Scene.from_seed(seed * 1000 + picture, size=size)
    return encode_jpeg(draw(Identity.from_seed(seed), scene), quality=92)


def make_gallery(
    agency: Agency, name: str = "Custody", kind: SourceKind = SourceKind.ARREST_PHOTOGRAPHS
) -> Gallery:
    return create_gallery(
        actor=command_actor("test", agency.pk),
        name=name,
        source="Custody register" if kind == SourceKind.ARREST_PHOTOGRAPHS else f"Register: {kind}",
        source_kind=kind,
        legal_basis="Police Act s. 1",
    )


def make_case(
    agency: Agency,
    number: str = "2026-001",
    *,
    members: Iterable[User] | None = None,
    owner: User | None = None,
    purpose: Purpose = Purpose.MISSING_PERSON,
    cap: int | None = None,
) -> Case:
    """A case opened by the operator; unless said otherwise, the agency's analysts are members."""
    actor = command_actor("test", agency.pk)
    case = open_case(actor=actor, number=number, title="Robbery at the harbour", purpose=purpose)
    if cap is not None:
        case = change_cap(actor=actor, case=case, cap=cap, reason="A test needs it")
    for user in _analysts() if members is None else members:
        add_case_member(actor=actor, case=case, user_id=user.pk)
    if owner is not None:
        case = change_owner(actor=actor, case=case, user_id=owner.pk)
    return case


def _analysts() -> list[User]:
    active = Membership.objects.filter(deactivated_at=None, roles__contains=[Role.ANALYST])
    return [membership.user for membership in active.select_related("user")]


def make_draft(probe: Probe, user: User, **entered: Any) -> SearchDraft:
    """What a member of the case has entered for a search with this picture."""
    membership = Membership.objects.get(user=user)
    agency = Agency.objects.get(pk=probe.agency_id)
    draft = save_draft(
        actor=actor_of(user, agency, membership, "127.0.0.1"),
        case=probe.case,
        probe=probe,
        entered={"reason": "Seen near the harbour", "seen": probe.shown_as, **entered},
    )
    assert draft is not None
    return draft


def make_category(
    agency: Agency,
    name: str = "Abduction",
    purpose: Purpose = Purpose.MISSING_PERSON,
    *,
    retired: bool = False,
) -> CaseCategory:
    """An entry of the agency's list; while one is in use, cases need one."""
    actor = command_actor("test", agency.pk)
    category = add_category(actor=actor, name=name, purpose=purpose)
    return retire_category(actor=actor, category=category) if retired else category


@cache
def engines_contract() -> ContractFacts:
    """The contract of the installation's engine, whose models are built unless they are there."""
    # What builds models takes a second to import, and most processes of these tests build none.
    from searches.model_building import build_open_models

    build_open_models(Path(settings.MODELS_DIR))
    contract = slots()[0].describe().contract
    return ContractFacts(contract.id, contract.engine, contract.dimension)


def make_image(
    gallery: Gallery,
    reference: str,
    vector: NDArray[np.float32] | None = None,
    contract: str = "",
    register: SourceRegister | None = None,
) -> FaceImage:
    """An enrolled picture whose template is `vector`, or anything; no engine is asked.

    Unless another contract is named, it is the engine's, so that the gallery can be searched; a
    shorter vector is filled up with zeros, which leaves all similarities as they are.
    """
    facts = engines_contract()
    if vector is None:
        vector = unit(*np.random.default_rng().normal(size=facts.dimension))
    if contract:
        facts = ContractFacts(contract, CONTRACT.engine, len(vector))
    vector = np.pad(vector, (0, facts.dimension - len(vector)))
    data = uuid.uuid4().bytes
    picture = NewPicture(
        data=data,
        sha256=sha256(data).hexdigest(),
        media_type="image/jpeg",
        found=EnrolledFace(FACE, 0, b"portrait", vector),
        contract=facts,
    )
    made = enrol_picture(
        actor=command_actor("test", gallery.agency_id),
        gallery=gallery,
        reference=reference,
        picture=picture,
        provenance=provenance_of(gallery, register),
    )
    assert isinstance(made, FaceImage), "held for review: choose another vector"
    return made


def make_probe(case: Case, data: bytes, *, analysed: bool = True) -> Probe:
    probe = upload_probe(
        actor=command_actor("test", case.agency_id),
        case=case,
        data=data,
        capture=CAPTURE,
        submission_key=uuid.uuid4(),
    )
    if analysed:
        analyse_probe(probe.pk)
        probe.refresh_from_db()
    return probe


# Grounds as the page of a probe sends them.
GROUNDS_FIELDS = {
    "basis": "initial_identification",
    "reason": "Seen at the harbour that night",
    "facts": "The camera shows the person at 21:40",
}


def make_grounds(**changed: Any) -> Grounds:
    """An initial identification on stated facts, unless said otherwise."""
    usual: dict[str, Any] = {
        "purpose": Purpose.MISSING_PERSON,
        "basis": Basis.INITIAL_IDENTIFICATION,
        "reason": "Seen at the harbour on the evening of the robbery",
        "facts": "The camera of the harbour office shows the person at 21:40",
    }
    return Grounds(**usual | changed)


def make_edit(probe: Probe, operation: str = "brightness_contrast", **parameters: Any) -> ProbeEdit:
    """An edit of the picture as it is, analysed; a little brighter unless said otherwise."""
    made = edit_probe(
        actor=command_actor("test", probe.agency_id),
        probe=probe,
        operation=operation,
        parameters=parameters or {"brightness": 5, "contrast": 0},
        seen=probe.shown_as,
        submission_key=uuid.uuid4(),
    )
    analyse_probe(probe.pk)
    probe.refresh_from_db()
    return made


def make_search(
    probe: Probe,
    galleries: list[Gallery],
    *,
    run: bool = True,
    limit: int = 20,
    purpose: Purpose = Purpose.MISSING_PERSON,
    actor: Actor | None = None,
    **grounds: Any,
) -> Search:
    search = submit_search(
        actor=actor or command_actor("test", probe.agency_id),
        probe=probe,
        face_index=0,
        galleries=galleries,
        grounds=make_grounds(purpose=purpose, **grounds),
        limit=limit,
        submission_key=uuid.uuid4(),
    )
    if run:
        run_search(search.pk)
        search.refresh_from_db()
    return search


def leave_question(search: Search) -> None:
    """As a worker leaves it that is killed while it waits for other hosts."""
    with claimed(Search, search.pk) as job:
        assert job is not None
        place = {"owner_id": job.agency_id, "contract_pk": 1, "gallery_id": uuid.uuid4()}
        ScanQuestion.objects.create(search=job, limit=20, sealed=b"x", **place)
        pause(job)


def make_conclusion(search: Search) -> None:
    """Two people examine the search and retain nobody; what became of it is reported."""
    for number in (1, 2):
        examiner = make_actor(search.agency_id, f"examiner-{number}", Role.EXAMINER)
        examination = start_examination(actor=examiner, search=search)
        for item in examination.items.all():
            decide(
                actor=examiner,
                examination=examination,
                position=item.position,
                disposition="excluded",
                features={"nose": "dissimilar"},
                comment="Another nose",
            )
        submit_examination(actor=examiner, examination=examination)
    operator = command_actor("test", search.agency_id)
    report_follow_up(actor=operator, search=search, outcome="unknown", note="Nothing was heard")


def make_loan(search: Search, email: str, *, days: int = 7) -> ExaminerLoan:
    """A supervisor of the agency asks the person with this address; looked up already."""
    number = Membership.objects.count()
    supervisor = make_actor(search.agency_id, f"lending-{number}", Role.SUPERVISOR)
    loan = lend_examiner(
        actor=supervisor, search=search, email=email, days=days, reason="Our examiners are away"
    )
    look_up_loan(loan.pk)
    loan.refresh_from_db()
    return loan


def make_alert(search: Search, *people: int) -> MisuseAlert:
    """An alert as the first rule raises it, resting on one search; it concerns `people`."""
    finding = MisuseFinding(
        key=str(search.case_id),
        severity=Severity.HIGH,
        searches=(search.pk,),
        people=frozenset(people),
        case=search.case_id,
        numbers={"faces": 3, "searches": 4},
        signals=("alone", "portraits"),
    )
    alert = raise_alert(UNRELATED_FACES, finding)
    assert alert is not None
    return alert


def make_refusal(probe: Probe, gallery: Gallery) -> Search:
    """A search with a warrant that a supervisor refused."""
    grounds: dict[str, Any] = {"reference": "12/2026", "document": PDF, "basis": Basis.AUTHORIZED}
    search = make_search(probe, [gallery], run=False, **grounds)
    supervisor = make_actor(probe.agency_id, "refusing", Role.SUPERVISOR)
    refuse_search(actor=supervisor, search=search, reason="The warrant is not valid")
    return search


def make_actor(agency_id: int, name: str, *roles: Role) -> Actor:
    """A new member with these roles, acting."""
    agency = Agency.objects.get(pk=agency_id)
    user = make_member(agency, f"{name}@{agency.slug}.example", *roles)
    return actor_of(user, agency, Membership.objects.get(user=user), "127.0.0.1")


def make_enrolment(gallery: Gallery, reference: str, data: bytes) -> Enrolment:
    return request_enrolment(
        actor=command_actor("test", gallery.agency_id),
        gallery=gallery,
        reference=reference,
        provenance=provenance_of(gallery),
        data=data,
        submission_key=uuid.uuid4(),
    )


def make_member(agency: Agency, email: str, *roles: Role) -> User:
    actor = command_actor("test", agency.pk)
    return add_member(
        actor=actor, agency=agency, email=email, name=email, roles=roles, password="x" * 15
    ).user


def make_license(agency: Agency, *, sign: bool = True, **terms: Any) -> LicenseVersion:
    """A license of a year that began 30 days ago, without limits unless `terms` says otherwise."""
    actor = command_actor("test", None)
    today = local_day(timezone.now(), agency.time_zone)
    usual: dict[str, Any] = {
        "amount": Decimal("12000.00"),
        "currency": "EUR",
        "signed_on": today - timedelta(days=40),
        "starts_on": today - timedelta(days=30),
        "purposes": Purpose.values,
        "source_kinds": SourceKind.values,
        "impact_assessment_id": "DPIA-1",
        "registration_id": "REG-1",
    }
    draft = draft_license(actor=actor, agency=agency, **usual | terms)
    return sign_version(actor=actor, version=draft) if sign else draft


PDF = b"%PDF-1.7 made for a test"


def make_certificate(
    agency: Agency, user: User, *, days_left: int = 100, activity: Activity = Activity.SEARCH
) -> TrainingCertificate:
    """A certificate entered by the operator that ends in `days_left` days; negative: it ended."""
    last = timezone.localdate() + timedelta(days=days_left)
    first = min(last, timezone.localdate()) - timedelta(days=400)
    facts = CertificateFacts(activity, "Face searching", "Academy", first, last)
    actor = command_actor("test", agency.pk)
    with scope(agency.pk):
        return add_certificate(actor=actor, user_id=user.pk, facts=facts, evidence=PDF)


def make_token(agency: Agency, user: User, *permissions: Permission) -> tuple[ApiToken, str]:
    """A token of a member, made by that member; everything they may do unless said otherwise."""
    with scope(agency.pk):
        current = Agency.objects.get(pk=agency.pk)
        actor = actor_of(user, current, Membership.objects.get(user=user), "127.0.0.1")
        chosen = permissions or actor.permissions
        return create_token(actor=actor, name="Script", permissions=chosen, days=30)


def make_webhook(
    agency: Agency,
    url: str = "https://hooks.example.org/candor",
    events: Iterable[EventType] = CHOSEN_EVENTS,
) -> tuple[WebhookEndpoint, str]:
    """An endpoint that the operator might have allowed, without a look at its address."""
    secret = new_secret()
    with scope(agency.pk):
        row = WebhookEndpoint(agency_id=agency.pk, url=url, events=list(events))
        row.created_by_label = "ada@alder.example"
        row.secret = sealed(row, secret)
        row.save(force_insert=True)
    return row, secret


def make_invitation(agency: Agency, email: str = "") -> Invitation:
    """An open invitation, whose link is in the last e-mail sent."""
    return invite_member(
        actor=command_actor("test", agency.pk),
        email=email or f"invited@{agency.slug}.example",
        roles=[Role.ANALYST],
        language="en",
    )


def make_policy(agency: Agency, **changed: object) -> SecurityPolicy:
    """Another version of an agency's policies, a little tighter unless said otherwise."""
    actor = command_actor("test", agency.pk)
    before = policy_of(agency.pk)
    values = as_values(before) | (changed or {"idle_minutes": before.idle_minutes - 1})
    with scope(agency.pk):
        return change_policy(actor=actor, seen=before.version, values=values, why="A test needs it")


def make_provider(
    agency: Agency, issuer: str = "", *, second_factor: tuple[str, str] = ("none", "")
) -> IdentityProvider:
    """The agency's identity provider, not enabled; its secret is the one of the tests'."""
    facts = ProviderFacts(
        name=f"{agency.name} account",
        issuer=issuer or f"https://idp.{agency.slug}.example",
        client_id="candor",
        client_secret=CLIENT_SECRET,
        second_factor=SecondFactorRule(second_factor[0]),
        second_factor_values=second_factor[1],
        addresses_verified=False,
    )
    with scope(agency.pk):
        return save_provider(actor=command_actor("test", agency.pk), facts=facts)


def make_domain(provider: IdentityProvider, domain: str, *, confirmed: bool = True) -> SignOnDomain:
    """A domain that the agency has proposed and, unless said otherwise, the platform confirmed."""
    actor = command_actor("test", provider.agency_id)
    with scope(provider.agency_id):
        row = propose_domain(actor=actor, provider=provider, domain=domain)
    if confirmed:
        confirm_domain(actor=command_actor("test", None), pk=row.pk)
    return row


def make_link(provider: IdentityProvider, user: User, subject: str = "s-1") -> None:
    """The person has logged in by the provider once; its domain is not confirmed any more."""
    domain = make_domain(provider, user.email.rpartition("@")[2])
    admit(provider=provider, subject=subject, address=user.email, source="test")
    withdraw_domain(actor=command_actor("test", None), pk=domain.pk)


def make_review(agency: Agency, head: Checkpoint) -> RecordReview:
    """The signed review of a week that is over, and the mail that asked for it."""
    week = monday_of(timezone.now().date()) - timedelta(weeks=2)
    with scope(agency.pk):
        ReviewReminder.objects.create(week=week, kind=ReminderKind.DUE)
        row = RecordReview(
            week=week,
            signed_by_label="somebody",
            finding=Finding.NOTHING,
            checkpoint_number=head.number,
            checkpoint_head=head.head,
        )
        row.note = "Nothing stood out"
        row.save(force_insert=True)
    return row


def make_transparency_report(agency: Agency, name: str = "2026") -> TransparencyReport:
    """A report of the calendar period of that name, not published."""
    return make_report(actor=command_actor("test", agency.pk), period=named(name))


def make_former_record(agency: Agency) -> FormerRecord:
    """A record that the agency might have brought along: its own, with something written of it."""
    data = b"".join(export_stream(agency.pk, made_by="a test"))
    with scope(agency.pk):
        last = AuditLink.objects.filter(agency_id=agency.pk).latest("number")
        row = FormerRecord.objects.create(
            number_there=agency.pk,
            slug_there="alder-there",
            public_key=signing.public_key_text(),
            key_id=signing.key_id_of(signing.public_key()),
            entries=last.number,
            first_head=uuid.uuid4().hex * 2,
            head=last.head,
            checkpoints=1,
            part_keys=[files_of(agency.pk).put(data)],
            size=len(data),
            sha256=sha256(data).hexdigest(),
            manifest_sha256="0" * 64,
            exported_at=timezone.now(),
        )
        text = json.dumps({"salt": "0" * 64, "fields": {"reason": "Long ago"}})
        identity = bound_to(row.pk, 1)
        sealed = seal_beside(agency.pk, f"agency:{agency.pk}", "", text, identity)
        FormerContent.objects.create(
            record=row, entry=1, about=f"agency:{agency.pk}", sealed=sealed
        )
    return row


def full_agency(agency: Agency) -> None:
    """At least one row in every tenant table."""
    working_agency(agency)
    with scope(agency.pk):
        # The rows alone: the agency is open, and nothing of it ends.
        now = timezone.now()
        Offboarding.objects.create(closed_at=now, deadline=now)
        DestructionReceipt.objects.create(document={}, key_id="0", signature="0")


def make_erasure(gallery: Gallery) -> Erasure:
    """An erasure of one picture, asked for; and the tombstone of another."""
    ErasedFile.objects.create(digest=uuid.uuid4().hex * 2, erasure_id=uuid.uuid4())
    return request_erasure(
        actor=command_actor("test", gallery.agency_id),
        target=ErasureTarget.IMAGES,
        ids=[FaceImage.objects.filter(gallery=gallery).earliest("pk").pk],
        cause=ErasureCause.DEMAND,
        reason="The person asked for it",
        submission_key=uuid.uuid4(),
    )


def working_agency(agency: Agency) -> None:
    """A row in every table of an agency at work, through the services and the real engine."""
    from tests.accounts.billing_cast import full_billing
    from tests.galleries.cast_engines import full_engine_change
    from tests.galleries.cast_retention import full_retention
    from tests.galleries.cast_reviews import full_reviews
    from tests.galleries.cast_sharing import full_sharing
    from tests.galleries.imports_cast import full_imports
    from tests.oversight.requests_cast import full_requests
    from tests.training.cast import full_training

    member = make_member(agency, f"somebody@{agency.slug}.example", Role.ANALYST)
    license = make_license(agency).license
    suspend(actor=command_actor("test", None), license=license, reason="Unpaid since May")
    with scope(agency.pk):
        certificate = make_certificate(agency, member, days_left=7)
        remind_agency(agency)
        assert certificate.reminders.count() > 0
        token, _ = make_token(agency, member)
        IdempotentAnswer.objects.create(token=token, key="k", digest="0", status=201, body=b"x")
        make_policy(agency)
        make_invitation(agency)
        make_link(make_provider(agency), member)
        gallery = make_gallery(agency)
        enrolment = make_enrolment(gallery, "P-1", person_jpeg(1))
        run_enrolment(enrolment.pk)
        # Soon: it may not be received a minute after the transaction of a module began.
        full_requests(agency)
        full_reviews(gallery)
        full_imports(gallery)
        case = make_case(agency)
        add_note(actor=command_actor("test", agency.pk), case=case, text="Seen by a witness")
        make_category(agency, retired=True)
        probe = make_probe(case, person_jpeg(1, 1))
        make_edit(probe)
        make_draft(probe, member)
        search = make_search(probe, [gallery])
        assert search.candidates.count() == 1
        second = make_search(probe, [gallery], run=False)
        leave_question(second)
        run_search(second.pk)
        second.refresh_from_db()
        make_loan(second, f"nobody@{agency.slug}.example")
        make_conclusion(search)
        make_refusal(probe, gallery)
        make_alert(search, member.pk)
        full_retention(agency)
        make_erasure(gallery)
        full_engine_change(gallery)
        # Of a host that was lost long ago: nothing waits for it.
        held = {"host": uuid.uuid4(), "contract_pk": 1, "gallery_id": uuid.uuid4()}
        long_ago = timezone.now() - timedelta(days=365)
        ScanHolder.objects.create(**held, seen="1:1:", beat_at=long_ago)
    full_training(agency, member)
    full_sharing(agency, probe)
    make_license(agency, faces=1)  # one face is enrolled: a limit is reached
    assert warn_agency(agency) == 1
    make_license(agency)
    full_billing(agency)
    with scope(agency.pk):
        destination = Destination(kind="email", target="court@example.org", added_by_label="x")
        destination.save(force_insert=True)
    made = take_checkpoint(agency.pk)
    assert made is not None
    with scope(agency.pk):
        CheckpointStamp.objects.create(
            agency_id=agency.pk, checkpoint_id=made.pk, token=b"x", stamped_at=timezone.now()
        )
    make_review(agency, made)
    make_former_record(agency)
    with scope(agency.pk):
        make_transparency_report(agency)
    webhook, _ = make_webhook(agency)
    with scope(agency.pk):
        hand_over(EventType.TEST, {"webhook": webhook.pk}, webhook)
    record(command_actor("test", agency.pk), Action.CASE_VIEWED)  # waits for its link
    with scope(agency.pk):
        AuditChain.objects.update(checkpoint_due=timezone.now())
