"""Billing accounts, invoices, credit notes, payments and reminders: acts of the platform alone."""
