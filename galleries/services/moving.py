"""Pictures that move to another subject, and subjects that turn out to be one person."""

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction

from accounts.actor import Actor
from accounts.permissions import Permission
from portal.audit.actions import Action
from portal.audit.recorder import record
from searches.faults import Fault
from searches.models import FaceImage, Subject
from searches.vectors import move_templates


def may_decide(actor: Actor) -> bool:
    """Held pictures and findings are decided by who enrols or manages galleries."""
    return actor.can(Permission.ENROL) or actor.can(Permission.MANAGE_GALLERIES)


def require_reviewer(actor: Actor) -> None:
    if not actor.can(Permission.ENROL):
        actor.require(Permission.MANAGE_GALLERIES)


@transaction.atomic
def move_image(*, actor: Actor, image: FaceImage, to: Subject) -> None:
    """Give a picture to another subject of its gallery. Raises Fault.

    What searches found before stays as they found it: their candidates name the subject of then.
    """
    require_reviewer(actor)
    held = held_still([image.subject_id, to.pk])
    current = FaceImage.objects.filter(pk=image.pk).first()
    if current is None or current.subject_id not in held or to.pk not in held:
        raise Fault("review_changed")
    if current.subject_id == to.pk or held[to.pk].gallery_id != current.gallery_id:
        raise Fault("review_no_such_decision")
    _move([current.pk], to.pk)
    facts = {"from": str(current.subject_id), "to": str(to.pk), "gallery": str(to.gallery_id)}
    record(actor, Action.IMAGE_MOVED, current, facts)


@transaction.atomic
def merge_subjects(*, actor: Actor, subject: Subject, into: Subject) -> list[UUID]:
    """Make two subjects of a gallery one: all pictures move, the reference of `subject` still leads
    there. Returns the pictures that moved. Raises Fault.
    """
    require_reviewer(actor)
    held = held_still([subject.pk, into.pk])
    if len(held) != 2 or held[subject.pk].gallery_id != held[into.pk].gallery_id:
        raise Fault("review_changed")
    images = list(FaceImage.objects.filter(subject=subject).values_list("pk", flat=True))
    _move(images, into.pk)
    Subject.every.filter(merged_into=subject.pk, erased_at=None).update(merged_into=into.pk)
    Subject.every.filter(pk=subject.pk).update(merged_into=into.pk)
    facts = {"into": str(into.pk), "gallery": str(into.gallery_id), "images": len(images)}
    record(actor, Action.SUBJECT_MERGED, subject, facts)
    return images


def held_still(subjects: Sequence[UUID]) -> dict[UUID, Subject]:
    """Subjects as they are, locked in one order, but for those that are gone or merged."""
    rows = Subject.objects.select_for_update().filter(pk__in=subjects).order_by("pk")
    return {row.pk: row for row in rows}


def _move(images: Sequence[UUID], subject_id: UUID) -> None:
    FaceImage.objects.filter(pk__in=images).update(subject_id=subject_id)
    move_templates(images, subject_id)
