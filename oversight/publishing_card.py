"""The card of the publishing of signed heads on the first page of oversight."""

from django.utils.translation import gettext_lazy as _

from accounts.permissions import Permission
from oversight.hub import CARDS, Card

CARDS += [
    Card(
        Permission.PUBLISH_RECORD,
        _("Signed heads of the record"),
        _("Where they are published, so that a change of the record shows, and what arrived."),
        "publishing",
    ),
]
