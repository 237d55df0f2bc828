"""What notifications about galleries mean."""

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.actor import Actor
from accounts.home import having
from accounts.models import NotificationKind
from accounts.notifications import MEANINGS, Meaning, page_of_row
from galleries.services.score_alerts import TOLD
from searches.models import Gallery


def _galleries(actor: Actor) -> "QuerySet[Gallery]":
    return Gallery.objects.filter(erased_at=None)


MEANINGS |= {
    NotificationKind.SCORES_SHIFTED: Meaning(
        _("The similarities of strangers in a gallery have shifted"),
        having(*TOLD),
        _galleries,
        page_of_row("gallery_scores"),
        "name",
    ),
}
