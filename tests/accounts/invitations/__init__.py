"""Invitations to an agency."""
