"""A process that issues drafts, as one admin's web server does. Imported by its path: see spawn."""

from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier

import django
from django.apps import apps
from django.conf import settings
from django.db import connection

if not apps.ready:
    django.setup()

from accounts.actor import command_actor
from accounts.models import Invoice
from accounts.services.billing.issuing import issue_invoice
from portal.tenancy import platform_scope


def issue_all(database: str, drafts: list[int], start: Barrier, numbers: "Queue[str]") -> None:
    """Issue each draft in the test's database, from the moment on that all are ready."""
    connection.settings_dict["NAME"] = database
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    with platform_scope():
        rows = [Invoice.objects.get(pk=pk) for pk in drafts]
    start.wait(120)
    for row in rows:
        numbers.put(issue_invoice(actor=command_actor("test", None), invoice=row).number)
    connection.close()
