"""What oversight keeps: reviews, alerts, destinations, requests of data subjects."""
