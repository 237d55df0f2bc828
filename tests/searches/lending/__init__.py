"""Examiners lent between agencies."""
