"""Edits of a probe."""
