"""Logs: one line an event, ids and codes only (docs/observability.md)."""
