"""One enrolled picture for programs: where it is from, how good it is, when it expires."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import Permission
from accounts.rest.views import AgencyApiView
from galleries.api.image_answers import ImageSerializer
from portal.audit.actions import Action
from portal.audit.recorder import record
from searches.access import image_or_404
from searches.subject_page import image_row


class OneImage(AgencyApiView):
    """A picture of a subject; recorded as a look at the subject, as its page is."""

    requires = {"get": Permission.VIEW_GALLERIES}
    serializer_class = ImageSerializer

    @extend_schema(operation_id="images_get", tags=["images"])
    def get(self, request: Request, pk: UUID) -> Response:
        image = image_or_404(pk)
        facts = {"gallery": str(image.gallery_id)}
        record(self.actor, Action.SUBJECT_VIEWED, image.subject, facts)
        return self.told(image_row(image))
