"""The pages of the platform's staff, under /platform/: Django's admin with django-unfold."""
