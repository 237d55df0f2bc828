"""The arithmetic of invoices: pure functions over Decimal and dates, no models."""
