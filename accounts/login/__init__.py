"""Log-in: what Candor asks of django-allauth beyond its defaults."""
