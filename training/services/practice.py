"""Made-up examiners of a sandbox: they know who is in the practice pictures.

A learner alone would never see a conclusion: it takes two examiners who did not ask for the search.
They are members of the sandbox with the role of an examiner and no way to log in, so that the rules
of the database hold for them as for everybody.
"""

from collections.abc import Iterator
from dataclasses import replace

from django.core.exceptions import PermissionDenied
from django.db import transaction

from accounts.access import files_of
from accounts.actor import Actor, system_actor
from accounts.models import Agency, Membership, Role, User
from accounts.permissions import Permission
from accounts.services.seats import lock_agency, seat_invitation
from portal.audit.actions import Action
from portal.audit.recorder import record
from portal.tenancy import current_agency_id
from searches.faults import Fault
from searches.models import Case, CaseMember, Disposition, ExaminationItem, Search, Stage
from searches.services.case_people import add_member
from searches.services.examining import decide, start_examination, submit_examination
from training.models import PracticePicture
from training.queries import offered_pictures

EXAMPLE = "EXAMPLE-1"
"""The number of the case that is there to be looked at."""
EXAMINERS = (1, 2)
WAITING = (Stage.EXAMINATION, Stage.SECOND_EXAMINATION)


def require_sandbox(actor: Actor) -> Agency:
    """The actor's agency. Raises Fault("not_a_sandbox") for every other."""
    agency = Agency.objects.get(pk=actor.agency)
    if not agency.is_sandbox:
        raise Fault("not_a_sandbox")
    return agency


def address_of(agency: Agency, number: int) -> str:
    """The e-mail address of a made-up examiner; .invalid belongs to nobody (RFC 2606)."""
    return f"examiner-{number}@{agency.slug}.training.invalid"


@transaction.atomic
def add_examiners(actor: Actor, agency: Agency) -> None:
    """The made-up examiners as members, without a mail to their addresses; those there stay."""
    actor.require(Permission.MANAGE_PEOPLE)
    lock_agency(agency.pk)
    for number in EXAMINERS:
        email = address_of(agency, number)
        if User.objects.filter(email=email).exists():
            continue
        user = User.objects.create_user(email, None, name=f"Practice Examiner {number}")
        User.objects.filter(pk=user.pk).update(is_active=False)
        membership = Membership.objects.create(user=user, roles=[Role.EXAMINER.value])
        seat_invitation(agency)
        record(actor, Action.MEMBER_ADDED, membership, {"roles": membership.roles})


@transaction.atomic
def join_example(*, actor: Actor) -> Case | None:
    """Let a learner see the example of a sandbox; None where there is none. Raises Fault."""
    actor.require(Permission.VIEW_CASES)
    require_sandbox(actor)
    case = Case.objects.filter(number=EXAMPLE).first()
    if case is None or actor.user_id is None or actor.can(Permission.VIEW_ALL_CASES):
        return case
    if not CaseMember.objects.filter(case=case, user_id=actor.user_id, ended_at=None).exists():
        right = frozenset({Permission.WORK_ON_CASES})
        opener = replace(system_actor("training", actor.agency), permissions=right)
        add_member(actor=opener, case=case, user_id=actor.user_id)
    return case


@transaction.atomic
def download_picture(*, actor: Actor, picture: PracticePicture) -> bytes:
    """A practice picture as a file. Raises Fault, MissingFile."""
    actor.require(Permission.SEARCH)
    require_sandbox(actor)
    data = files_of(actor.agency).get(picture.file_key)
    record(actor, Action.PRACTICE_PICTURE_DOWNLOADED, picture, {"number": picture.number})
    return data


@transaction.atomic
def examine_for_practice(*, actor: Actor, search: Search) -> int:
    """Have the made-up examiners do the rounds of one's own search that wait; returns how many.

    Raises Fault, PermissionDenied for somebody else's search.
    """
    actor.require(Permission.SEARCH)
    agency = require_sandbox(actor)
    if search.requested_by_id != actor.user_id:
        raise PermissionDenied("Somebody else's search")
    rounds = examine_as_known(agency, search)
    record(actor, Action.PRACTICE_EXAMINED, search, {"rounds": rounds})
    return rounds


def examine_as_known(agency: Agency, search: Search) -> int:
    """The rounds of a search that wait, decided by what is known; returns how many."""
    picture = offered_pictures().filter(sha256=search.probe.sha256).first()
    if picture is None:
        raise Fault("practice_picture_unknown")
    rounds = 0
    for examiner in _examiners(agency):
        search.refresh_from_db()
        if search.stage in WAITING and not _took_part(search, examiner):
            _examine(examiner, search, picture.reference)
            rounds += 1
    if not rounds:
        raise Fault("practice_not_waiting")
    return rounds


def _examiners(agency: Agency) -> Iterator[Actor]:
    """Those that the agency's admin has not deactivated."""
    for number in EXAMINERS:
        email = address_of(agency, number)
        user = User.objects.filter(email=email).first()
        if user and Membership.objects.filter(user=user, deactivated_at=None).exists():
            right = frozenset({Permission.EXAMINE})
            yield Actor(user.pk, email, current_agency_id(), right, "practice")


def _took_part(search: Search, examiner: Actor) -> bool:
    return bool(search.examinations.filter(examiner_id=examiner.user_id or 0).exists())


def _examine(examiner: Actor, search: Search, reference: str) -> None:
    examination = start_examination(actor=examiner, search=search)
    for item in examination.items.select_related("subject").order_by("position"):
        kept = _is_of(item, reference)
        decide(
            actor=examiner,
            examination=examination,
            position=item.position,
            disposition=Disposition.RETAINED if kept else Disposition.EXCLUDED,
            features=dict.fromkeys(
                ("eyes", "nose", "mouth") if kept else ("nose",),
                "similar" if kept else "dissimilar",
            ),
            comment="",
        )
    submit_examination(actor=examiner, examination=examination)


def _is_of(item: ExaminationItem, reference: str) -> bool:
    return item.subject is not None and item.subject.reference == reference
