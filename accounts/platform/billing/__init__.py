"""Billing on the platform's pages."""
