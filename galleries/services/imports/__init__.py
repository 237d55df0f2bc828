"""Bulk imports: opened, uploaded, checked, started by a person, then worked on lane by lane."""
