"""Verbs of oversight; each owns its transaction and takes an Actor."""
