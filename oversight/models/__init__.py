"""What oversight keeps: reviews, alerts, destinations, reports, requests of data subjects."""

from oversight.models.alert import AlertDisposition, AlertEvent, AlertEventKind, MisuseAlert
from oversight.models.destination import Delivery, Destination, DestinationKind
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
    "RecordReview",
    "RecordWord",
    "ReminderKind",
    "ReviewReminder",
    "TransparencyReport",
    "word_hash",
]
