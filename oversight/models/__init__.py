"""What oversight keeps: reviews, alerts, destinations, requests of data subjects."""

from oversight.models.destination import Delivery, Destination, DestinationKind
from oversight.models.public_page import PublicPage
from oversight.models.request import SubjectRequest
from oversight.models.request_parts import RequestLetter, RequestLink, RequestNote, RequestSubject

__all__ = [
    "Delivery",
    "Destination",
    "DestinationKind",
    "PublicPage",
    "RequestLetter",
    "RequestLink",
    "RequestNote",
    "RequestSubject",
    "SubjectRequest",
]
