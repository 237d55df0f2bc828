"""WSGI entry point: gunicorn portal.wsgi."""

import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
application = get_wsgi_application()
# All pages now, so that nobody waits for a thousand modules with the first request.
_ = get_resolver().url_patterns
