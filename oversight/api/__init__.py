"""What programs get of the record, its reviews, alerts, reports and requests."""
