"""The kinds of pictures that are not enrolled: held ones, and rejected files of imports."""

from functools import partial
from uuid import UUID

from django.urls import path

from accounts.actor import Actor
from accounts.api.pictures import address_view
from accounts.permissions import Permission
from accounts.rest.signed import Picture, picture_kind
from galleries.access import import_file_or_404
from galleries.review_queries import review_or_404
from galleries.shown_pictures import held, rejected
from portal.audit.actions import Action


@picture_kind("review")
def held_face(actor: Actor, name: str) -> Picture:
    """The face of a picture that is held until somebody decides."""
    actor.require(Permission.VIEW_GALLERIES)
    item = review_or_404(UUID(name))
    facts = {"gallery": str(item.gallery_id), "kind": item.kind}
    return Picture(partial(held, actor, item), Action.GALLERY_REVIEW_VIEWED, item, facts)


@picture_kind("import_file")
def rejected_file(actor: Actor, name: str) -> Picture:
    """A file of an import that was rejected."""
    actor.require(Permission.ENROL)
    file = import_file_or_404(UUID(name))
    batch = file.batch
    facts = {"gallery": str(batch.gallery_id), "as": "picture"}
    return Picture(partial(rejected, actor, file), Action.IMPORT_REJECTIONS_VIEWED, batch, facts)


# Address, kind, permission, summary.
ADDRESSES = (
    (
        "reviews/<uuid:pk>/picture/",
        "review",
        Permission.VIEW_GALLERIES,
        "Address of a held picture's face",
    ),
    (
        "import-files/<uuid:pk>/picture/",
        "import_file",
        Permission.ENROL,
        "Address of a rejected file's picture",
    ),
)
urlpatterns = [
    path(route, address_view(kind, needs, summary), name=f"api_{kind}_address")
    for route, kind, needs, summary in ADDRESSES
]
