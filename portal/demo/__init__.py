"""What `manage.py demo` sets up: an agency of synthetic people and a search in it."""
