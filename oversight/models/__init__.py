"""What oversight keeps: reviews, alerts, destinations, requests of data subjects."""

from oversight.models.destination import Delivery, Destination, DestinationKind

__all__ = ["Delivery", "Destination", "DestinationKind"]
