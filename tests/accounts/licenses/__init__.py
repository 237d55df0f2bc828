"""Licenses of agencies."""
