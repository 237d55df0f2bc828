"""Brings signed heads of the record to places outside the database."""
