"""Candor's database engine for Django: PostgreSQL that knows the tenant scope."""
