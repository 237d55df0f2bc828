"""What oversight keeps: reviews, alerts, destinations, requests of data subjects."""

from oversight.models.transparency import PeriodKind, TransparencyReport

__all__ = ["PeriodKind", "TransparencyReport"]
