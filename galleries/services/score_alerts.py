"""Telling people that the similarities of strangers in a gallery have shifted."""

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import NotificationKind
from accounts.people_queries import people_with
from accounts.permissions import Permission
from accounts.services.telling import tell
from searches.models import ScoreMeasurement

TOLD = (Permission.VIEW_STATISTICS, Permission.MANAGE_GALLERIES)


def tell_of_shift(row: ScoreMeasurement) -> None:
    """Tell supervisors, auditors and whoever manages galleries, each of them once."""
    people = {user.pk: user for one in TOLD for user in people_with(one)}
    link = settings.BASE_URL + reverse("gallery_scores", args=[row.gallery_id])
    tell(people.values(), NotificationKind.SCORES_SHIFTED, row.gallery, lambda: _words(link))


def _words(link: str) -> tuple[str, str]:
    text = _(
        "Unrelated faces in a gallery are no longer as similar as they were. Log in to see what"
        " changed:"
    )
    return _("Candor: the similarities in a gallery have shifted"), f"{text}\n{link}\n"
