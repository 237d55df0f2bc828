"""One enrolled picture embedded anew by another engine: one picture, one transaction."""

from dataclasses import replace
from uuid import UUID

import numpy as np
from django.db import transaction
from django.utils import timezone
from numpy.typing import NDArray

from accounts.access import files_of
from galleries.models import EngineChange, EngineChangeRejection
from portal.keys import KeyProblem
from portal.storage import MissingFile
from searches.engines.base import Face, FaceEngine
from searches.engines.orientation import turned
from searches.faults import Fault
from searches.images import ImageRejected, decode
from searches.models import FaceImage
from searches.recognition import embed_face, image_limits, same_face
from searches.template_rows import has_template
from searches.vectors import NewTemplate, add_templates


class MovedOn(Exception):
    """The change was paused, cancelled or cut over meanwhile; what was done for it is undone."""


def embed_counted(change: EngineChange, image_id: UUID, used: FaceEngine) -> bool:
    """Embed a picture for a change and count it; false when there is nothing to do (any more).

    A picture that another lane has, or that was erased, is passed over. Raises MovedOn.
    """
    with transaction.atomic():
        images = FaceImage.objects.select_for_update(skip_locked=True)
        image = images.filter(pk=image_id).first()
        if image is None or not embed(change, image, used):
            return False
        # Last, and only for a moment: lanes do not wait for each other while they embed.
        _count(change)
    return True


def embed(change: EngineChange, image: FaceImage, used: FaceEngine) -> bool:
    """Write a locked picture's template under the target contract, or why there is none."""
    target = change.target
    rejected = change.rejections.filter(image=image, contract=target)
    if has_template(image.pk, target.pk) or rejected.exists():
        return False
    try:
        vector = new_template(image, used)
    except (Fault, ImageRejected) as fault:
        EngineChangeRejection.objects.create(
            change=change, contract=target, image=image, code=fault.code
        )
        return True
    new = NewTemplate(image.gallery_id, image.subject_id, image.pk, vector)
    add_templates(target.pk, [new])
    return True


def new_template(image: FaceImage, used: FaceEngine) -> NDArray[np.float32]:
    """The enrolled face of a picture, found and embedded by this engine.

    Raises Fault or ImageRejected. Landmarks of the engine that enrolled it mean nothing to this
    one; of several faces it takes the one where the enrolled face is.
    """
    try:
        data = files_of(image.agency_id).get(image.file_key)
    except (MissingFile, KeyProblem) as error:
        raise Fault("file_unreadable") from error
    limits = image_limits()  # it may have been enrolled under larger ones
    decoded = decode(data, replace(limits, max_bytes=max(limits.max_bytes, len(data))))
    upright = turned(decoded.rgb, image.quarter_turns)
    faces = used.detect(upright)
    if not faces:
        raise Fault("no_face")
    face = same_face(faces, Face.from_json(image.face).box)
    if face is None:
        raise Fault("face_elsewhere")
    return embed_face(upright, face, by=used)


def _count(change: EngineChange) -> None:
    rows = EngineChange.objects.select_for_update(of=("self",))
    now = rows.filter(pk=change.pk, stage=change.stage, asked=change.asked, paused=False).first()
    if now is None:
        raise MovedOn
    now.count_one(timezone.now())
    now.save(update_fields=["window_at", "window_done", "rate"])
