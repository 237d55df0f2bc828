"""What oversight keeps: reviews, alerts, destinations, reports, requests of data subjects."""

from oversight.models.alert import AlertDisposition, AlertEvent, AlertEventKind, MisuseAlert
from oversight.models.destination import Delivery, Destination, DestinationKind
from oversight.models.public_page import PublicPage
from oversight.models.request import SubjectRequest
from oversight.models.request_parts import RequestLetter, RequestLink, RequestNote, RequestSubject
from oversight.models.review import Finding, RecordReview, ReminderKind, ReviewReminder
from oversight.models.transparency import PeriodKind, TransparencyReport
from oversight.models.word import RecordWord, word_hash

__all__ = [
    "AlertDisposition",
    "AlertEvent",
    "AlertEventKind",
    "Delivery",
    "Destination",
    "DestinationKind",
    "Finding",
    "MisuseAlert",
    "PeriodKind",
    "PublicPage",
    "RecordReview",
    "RecordWord",
    "ReminderKind",
    "RequestLetter",
    "RequestLink",
    "RequestNote",
    "RequestSubject",
    "ReviewReminder",
    "SubjectRequest",
    "TransparencyReport",
    "word_hash",
]
