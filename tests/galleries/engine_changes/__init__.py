"""Changes of engine."""
