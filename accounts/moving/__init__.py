"""Bringing an agency's export from another installation into this one; docs/moving.md."""
