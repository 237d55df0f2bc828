"""Verbs about requests of data subjects; each owns its transaction and takes an Actor."""
