"""What oversight keeps: reviews, alerts, destinations, requests of data subjects."""

from .alert import AlertDisposition, AlertEvent, AlertEventKind, MisuseAlert

__all__ = ["AlertDisposition", "AlertEvent", "AlertEventKind", "MisuseAlert"]
