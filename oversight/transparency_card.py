"""The way to the transparency reports from the first page of oversight."""

from django.utils.translation import gettext_lazy as _

from accounts.permissions import Permission
from oversight.hub import CARDS, Card

CARDS.append(
    Card(
        permission=Permission.VIEW_TRANSPARENCY,
        title=_("Transparency reports"),
        text=_("What the agency did with face search, counted from the record, for the public."),
        address="transparency",
    )
)
