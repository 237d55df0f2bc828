"""The first phase: rows are emptied, templates deleted, files removed, one part after the other.

Each part is one transaction, so that a killed worker goes on where it stopped. From its commit on
no page and no search shows anything of it.
"""

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from accounts.access import files_of
from accounts.actor import Actor
from accounts.services import quota
from galleries.erasing.listeners import tell_emptied, tell_gallery_gone
from galleries.erasing.needles import Needle, with_needles
from galleries.models import Erasure, ErasureTarget
from portal.audit.actions import Action
from portal.audit.recorder import record
from searches.files import delete_on_commit
from searches.marked import NO_REFERENCE
from searches.models import Enrolment, ErasedFile, FaceImage, Gallery, Subject
from searches.services import jobs
from searches.services.metering import key_of
from searches.vectors import remove_templates

AT_ONCE = 500
IMAGE_NOT_KEPT = {"sha256": "", "file_key": "", "portrait_key": "", "face": {}}


def empty_everything(actor: Actor, erasure: Erasure) -> None:
    """All of it, from wherever an earlier try ended.

    A gallery goes first: from then on nothing is enrolled in it. A subject can get another picture
    until it is empty itself, so it is asked again whether there is one.
    """
    if erasure.target == ErasureTarget.GALLERY:
        Gallery.objects.filter(pk__in=erasure.target_ids).update(erased_at=timezone.now())
        tell_gallery_gone(erasure.target_ids)
    while images_of(erasure).exists() or _bare_subjects(erasure).exists():
        while _empty_images(actor, erasure):
            pass
        while _empty_bare_subjects(erasure):
            pass


def images_of(erasure: Erasure) -> QuerySet[FaceImage]:
    """The live pictures that an erasure is about."""
    ids = erasure.target_ids
    match erasure.target:
        case ErasureTarget.IMAGES:
            return FaceImage.objects.filter(pk__in=ids)
        case ErasureTarget.SUBJECTS:
            return FaceImage.objects.filter(subject_id__in=ids)
        case ErasureTarget.GALLERY:
            return FaceImage.objects.filter(gallery_id__in=ids)
        case _:
            return FaceImage.objects.none()


def _bare_subjects(erasure: Erasure) -> QuerySet[Subject]:
    """Subjects that an erasure is about and that have no picture; those merged go with them."""
    about = {ErasureTarget.SUBJECTS: "pk__in", ErasureTarget.GALLERY: "gallery_id__in"}
    field = about.get(ErasureTarget(erasure.target))
    if field is None:
        return Subject.objects.none()
    live = FaceImage.objects.filter(subject=OuterRef("pk"))
    return Subject.objects.filter(**{field: erasure.target_ids}).exclude(Exists(live))


@transaction.atomic
def _empty_images(actor: Actor, erasure: Erasure) -> bool:
    """Empty some of the pictures; false when there is none left."""
    jobs.hold(erasure)
    some = list(images_of(erasure).select_for_update().order_by("pk")[:AT_ONCE])
    if not some:
        return False
    ids = [image.pk for image in some]
    keys = [key_of(image) for image in some]
    keys += [key_of(job) for job in Enrolment.objects.filter(image__in=ids)]
    removed = remove_templates(ids)
    erasure.needles_sealed = with_needles(erasure, [Needle(pk, stored) for pk, stored in removed])
    _leave_tombstones(erasure, some)
    for image in some:
        for key in (image.file_key, image.portrait_key):
            delete_on_commit(image.agency_id, key)
        facts = {"gallery": str(image.gallery_id), "cause": erasure.cause}
        record(actor, Action.IMAGE_ERASED, image, facts | {"erasure": str(erasure.pk)})
    now = timezone.now()
    FaceImage.objects.filter(pk__in=ids).update(erased_at=now, **IMAGE_NOT_KEPT)
    Enrolment.objects.filter(image__in=ids).update(sha256="", file_key="", **NO_REFERENCE)
    subjects = _empty_subjects({image.subject_id for image in some})
    tell_emptied(ids, subjects)
    gone = {"images": len(ids), "subjects": len(subjects), "templates": len(removed)}
    _count(erasure, **gone, files=2 * len(ids))
    quota.return_faces(keys)  # last: it keeps the counter locked
    return True


@transaction.atomic
def _empty_bare_subjects(erasure: Erasure) -> bool:
    """Empty subjects that had no picture to begin with; false when there is none left."""
    jobs.hold(erasure)
    found = _bare_subjects(erasure).order_by("pk").values_list("pk", flat=True)
    subjects = _empty_subjects(set(found[:AT_ONCE]))
    tell_emptied([], subjects)
    _count(erasure, subjects=len(subjects))
    return bool(subjects)


def _empty_subjects(ids: set[UUID]) -> list[UUID]:
    """Empty those of these subjects that have no live picture; returns them."""
    locked = Subject.objects.select_for_update().filter(pk__in=ids).order_by("pk")
    held = set(locked.values_list("pk", flat=True))
    live = set(FaceImage.objects.filter(subject_id__in=held).values_list("subject_id", flat=True))
    bare = sorted(held - live)
    Subject.objects.filter(pk__in=bare).update(erased_at=timezone.now(), **NO_REFERENCE)
    return bare


def _leave_tombstones(erasure: Erasure, images: Sequence[FaceImage]) -> None:
    """Keyed digests of the files, so that none of them is enrolled again."""
    store = files_of(erasure.agency_id)
    ErasedFile.objects.bulk_create(
        [
            ErasedFile(digest=store.fingerprint(image.sha256), erasure_id=erasure.pk)
            for image in images
        ],
        ignore_conflicts=True,
    )


def _count(erasure: Erasure, **more: int) -> None:
    for name, number in more.items():
        erasure.counts[name] = erasure.counts.get(name, 0) + number
    erasure.images = erasure.counts.get("images", 0)
    erasure.subjects = erasure.counts.get("subjects", 0)
    sums = {"images": erasure.images, "subjects": erasure.subjects}
    Erasure.objects.filter(pk=erasure.pk).update(
        needles_sealed=erasure.needles_sealed, counts=erasure.counts, **sums
    )
