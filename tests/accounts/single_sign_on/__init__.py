"""Log-in by an agency's identity provider."""
