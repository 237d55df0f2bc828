"""The card of the alerts on the first page of oversight."""

from django.utils.translation import gettext_lazy as _

from accounts.permissions import Permission
from oversight.alert_queries import waiting
from oversight.hub import CARDS, Card

CARDS.append(
    Card(
        permission=Permission.HANDLE_ALERTS,
        title=_("Alerts"),
        text=_("What the rules found that may be misuse of searching, and what came of it."),
        address="alerts",
        waiting=waiting,
    )
)
