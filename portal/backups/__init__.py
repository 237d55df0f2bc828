"""Backups of an installation: database, sealed files and, apart from them, its keys."""
