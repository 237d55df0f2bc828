"""How long pictures are kept: the rules of galleries and registers, applied to what is there.

A picture expires by the shortest of its gallery's rule, its register's, and the day that was given
at its enrolment. A shorter rule counts at once for what was enrolled before. A longer one does not:
what was promised stands, unless somebody asks for it with a reason.
"""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.utils import timezone

from accounts.actor import Actor
from accounts.licensing import local_day
from accounts.models import Agency
from accounts.models.staff import MIN_REASON
from accounts.permissions import Permission
from portal.audit.actions import Action
from portal.audit.recorder import record
from portal.tenancy import current_agency_id
from searches.faults import Fault
from searches.models import FaceImage, Gallery, SourceRegister

MOST_DAYS = 36500

# By the agency's calendar: the day of the enrolment is a day there.
_BY_RULE = """
SELECT i.id, least(
    (i.enrolled_at AT TIME ZONE %(zone)s)::date + least(g.retention_days, r.retention_days),
    i.expires_given) AS day
FROM searches_faceimage i
JOIN searches_gallery g ON g.agency_id = i.agency_id AND g.id = i.gallery_id
JOIN searches_sourceregister r ON r.agency_id = i.agency_id AND r.id = i.register_id
WHERE i.agency_id = %(agency)s AND i.erased_at IS NULL
AND %(rule)s IN ('all', i.gallery_id::text, i.register_id::text)
"""
_SHORTEN = f"""
UPDATE searches_faceimage i SET expires_on = by_rule.day FROM ({_BY_RULE}) by_rule
WHERE i.agency_id = %(agency)s AND i.id = by_rule.id AND i.expires_on > by_rule.day
"""  # noqa: S608 - a statement of our own
_LENGTHEN = _SHORTEN.replace("i.expires_on > by_rule.day", "i.expires_on < by_rule.day")


@transaction.atomic
def change_retention(
    *, actor: Actor, gallery: Gallery, days: int, lengthen: bool = False, reason: str = ""
) -> int:
    """Give a gallery another rule; returns of how many pictures the day has changed.

    Raises Fault. `lengthen` asks that pictures which are there be kept longer as well.
    """
    actor.require(Permission.MANAGE_GALLERIES)
    locked = Gallery.objects.select_for_update(no_key=True).get(pk=gallery.pk)
    before = locked.retention_days
    if not 1 <= days <= MOST_DAYS:
        raise Fault("retention_out_of_range")
    if days == before and not lengthen:
        raise Fault("retention_unchanged")
    locked.retention_days = days
    locked.save(update_fields=["retention_days"])
    return apply_rules(actor=actor, rule=locked, before=before, lengthen=lengthen, reason=reason)


@transaction.atomic
def apply_rules(
    *,
    actor: Actor,
    rule: Gallery | SourceRegister,
    before: int,
    lengthen: bool = False,
    reason: str = "",
) -> int:
    """Apply the changed `retention_days` of a saved gallery or register to its live pictures.

    `before` is what it was. Shortens what expires later by the rules now; with `lengthen` and a
    reason also keeps what expires sooner until the rules' day, never beyond the day that was given
    at its enrolment. Returns of how many pictures the day has changed. Raises Fault.
    """
    actor.require(Permission.MANAGE_GALLERIES)
    reason = reason.strip()
    if lengthen and len(reason) < MIN_REASON:
        raise Fault("reason_too_short")
    changed = _run(_SHORTEN, str(rule.pk))
    if lengthen:
        changed += _lengthen(str(rule.pk))
    facts = {
        "before": before,
        "after": rule.retention_days,
        "images": changed,
        "lengthened": lengthen,
    }
    record(actor, Action.RETENTION_CHANGED, rule, facts, content={"reason": reason})
    return changed


def expiring_at_once(rule: Gallery | SourceRegister, days: int) -> int:
    """How many pictures would be over today if this were the rule of the gallery or register."""
    zone = Agency.objects.values_list("time_zone", flat=True).get(pk=rule.agency_id)
    today = local_day(timezone.now(), zone)
    since = datetime.combine(today - timedelta(days=days - 1), time(), tzinfo=ZoneInfo(zone))
    of_rule = {"gallery": rule} if isinstance(rule, Gallery) else {"register": rule}
    images = FaceImage.objects.filter(expires_on__gt=today, **of_rule)
    return images.filter(enrolled_at__lt=since).count()


def hold_to_rules() -> int:
    """Shorten whatever expires later than the rules say now; returns how many pictures.

    What was being enrolled while a rule changed came in under the rule before.
    """
    return _run(_SHORTEN, "all")


def _lengthen(rule: str) -> int:
    with connection.cursor() as cursor:
        # The database refuses a later day to whoever does not say that it was asked for.
        cursor.execute("SELECT set_config('candor.lengthening', 'on', true)")
    changed = _run(_LENGTHEN, rule)
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('candor.lengthening', '', true)")
    return changed


def _run(statement: str, rule: str) -> int:
    agency = current_agency_id()
    zone = Agency.objects.values_list("time_zone", flat=True).get(pk=agency)
    with connection.cursor() as cursor:
        cursor.execute(statement, {"agency": agency, "zone": zone, "rule": rule})
        return int(cursor.rowcount)
