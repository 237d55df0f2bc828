"""Telling an agency's own systems of what happened: ids and states, signed, and nothing more."""
