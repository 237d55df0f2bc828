"""Which permissions need a training certificate, and whether a person has it. The one place."""

from collections.abc import Collection, Iterable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Q
from django.utils import timezone

from accounts.models import Activity, Agency, TrainingCertificate
from accounts.permissions import Permission
from portal.rows import fetch
from portal.tenancy import scope

PERMISSIONS: dict[Activity, frozenset[Permission]] = {
    Activity.SEARCH: frozenset({Permission.SEARCH}),
    Activity.EXAMINE: frozenset({Permission.EXAMINE, Permission.ADJUDICATE}),
}


ENDING_SOON = timedelta(days=30)  # when the first reminder is sent


def certificate_states(today: date) -> dict[str, Q]:
    """What lists of certificates can be narrowed to, on a day of the agency."""
    return {
        "valid": Q(withdrawn_at=None, issued_on__lte=today, valid_until__gte=today),
        "expiring": Q(withdrawn_at=None, valid_until__range=(today, today + ENDING_SOON)),
        "expired": Q(withdrawn_at=None, valid_until__lt=today),
        "withdrawn": Q(withdrawn_at__isnull=False),
    }


def today_in(agency: Agency) -> date:
    """The calendar day at the agency; certificates end with the day there."""
    return timezone.localdate(timezone=ZoneInfo(agency.time_zone))


def without_training(
    agency: Agency, user_id: int, granted: frozenset[Permission]
) -> frozenset[Permission]:
    """Those of a person's permissions that their certificates do not allow today.

    Whoever has certificates for an activity needs a valid one; a withdrawn one counts as had, so
    that taking one away never gives a right. Whoever never had one needs one only where the agency
    requires certificates.
    """
    concerned = {activity: needs & granted for activity, needs in PERMISSIONS.items()}
    if not any(concerned.values()):
        return frozenset()
    with scope(agency.pk):
        rows = fetch(
            "accounts_trainingcertificate WHERE user_id = %s AND agency_id = %s",
            [user_id, agency.pk],
            more=("activity", "issued_on", "valid_until", "withdrawn_at"),
        )
    today = today_in(agency)
    withheld = [
        permissions
        for activity, permissions in concerned.items()
        if not _is_trained([row[1:] for row in rows if row[0] == activity], agency, today)
    ]
    return frozenset().union(*withheld)


def with_training(agency: Agency, user_ids: Collection[int], permission: Permission) -> set[int]:
    """Those of the people whose certificates allow this permission today, by the same rule."""
    found: dict[int, list[tuple[date, date, datetime | None]]] = {one: [] for one in user_ids}
    activity = next((one for one, needs in PERMISSIONS.items() if permission in needs), None)
    if activity is None:
        return set(found)
    with scope(agency.pk):
        certificates = TrainingCertificate.objects.filter(user_id__in=found, activity=activity)
        rows = certificates.values_list("user_id", "issued_on", "valid_until", "withdrawn_at")
        for user, first, last, withdrawn in rows:
            found[user].append((first, last, withdrawn))
    today = today_in(agency)
    return {user for user, had in found.items() if _is_trained(had, agency, today)}


def _is_trained(
    certificates: Iterable[tuple[date, date, datetime | None]], agency: Agency, today: date
) -> bool:
    found = list(certificates)
    if not found:
        return not agency.certificates_required
    return any(start <= today <= end and not gone for start, end, gone in found)
