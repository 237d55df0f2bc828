"""The cards of the public page and of requests, and whether the page leads to reports."""

from django.utils.translation import gettext_lazy as _

from accounts.permissions import Permission
from oversight.hub import CARDS, Card
from oversight.models import TransparencyReport
from oversight.public_access import PUBLISHED
from oversight.request_queries import waiting

CARDS.append(
    Card(
        Permission.HANDLE_REQUESTS,
        _("Requests of people"),
        _("What people ask about their own data, and by when they have an answer."),
        "requests",
        waiting,
    )
)
CARDS.append(
    Card(
        Permission.MANAGE_PUBLIC_PAGE,
        _("Public page"),
        _("What your agency tells everybody about its face search, and the form for requests."),
        "public_page_settings",
    )
)


def _has_reports() -> bool:
    reports = TransparencyReport.objects.filter(published_at__isnull=False, withdrawn_at=None)
    return reports.exists()


PUBLISHED.append(_has_reports)
