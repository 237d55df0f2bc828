"""Proving the ledger: it equals the committed reservations and the counters, or somebody is told.

The functions that write these tables cannot make them differ. This finds what got past them:
a restore that lost a table's last minutes, a superuser's hand, a mistake in the functions.
"""

import logging
from dataclasses import dataclass
from datetime import timedelta
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import send_mail
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actor import system_actor
from accounts.models import Agency
from accounts.services.licenses.locks import one_at_a_time
from accounts.services.platform_record import record_for_both
from accounts.services.seats import count_seats, lock_agency
from portal.audit.actions import Action
from portal.audit.models import AuditEntry
from portal.tenancy import platform_scope, scope

logger = logging.getLogger(__name__)
SAY_AGAIN_AFTER = timedelta(hours=23)

# One row for each number that differs: what is counted, by whom, and both numbers.
DIFFERENCES = """
WITH settled AS (
    SELECT state, id, kind, quantity, monthly_id, whole_id, license_number, period, overage
    FROM accounts_quotareservation WHERE agency_id = %(agency)s
        AND state IN ('reserved', 'committed')
), held AS (
    SELECT counter, sum(quantity) FILTER (WHERE state = 'reserved') AS reserved,
           sum(quantity) FILTER (WHERE state = 'committed') AS used
    FROM (SELECT monthly_id AS counter, state, quantity FROM settled WHERE monthly_id IS NOT NULL
          UNION ALL SELECT whole_id, state, quantity FROM settled) both_counters
    GROUP BY counter
), ledger AS (
    SELECT id, key, kind, quantity, license_number, period, overage FROM accounts_usageentry
    WHERE agency_id = %(agency)s
), of_counters AS (
    SELECT c.id, sum(l.quantity) AS used FROM accounts_quotacounter c JOIN ledger l
        ON l.kind = c.kind AND (
            (c.period = 'standing')
            OR (l.license_number = c.license_number AND (
                (c.period = 'overage' AND l.overage)
                OR (c.period = 'term' AND NOT l.overage)
                OR (c.period = l.period AND NOT l.overage))))
    WHERE c.agency_id = %(agency)s GROUP BY c.id
)
SELECT 'entry', coalesce(s.kind, l.kind), coalesce(s.period, l.period),
       coalesce(s.quantity, 0), coalesce(l.quantity, 0)
    FROM (SELECT * FROM settled WHERE state = 'committed') s FULL JOIN ledger l ON l.key = s.id
    WHERE (s.quantity, s.kind, s.license_number, s.period, s.overage)
        IS DISTINCT FROM (l.quantity, l.kind, l.license_number, l.period, l.overage)
UNION ALL
SELECT 'used', c.kind, c.period, coalesce(h.used, 0), c.used
    FROM accounts_quotacounter c LEFT JOIN held h ON h.counter = c.id
    WHERE c.agency_id = %(agency)s AND c.kind <> 'seat' AND c.used <> coalesce(h.used, 0)
UNION ALL
SELECT 'reserved', c.kind, c.period, coalesce(h.reserved, 0), c.reserved
    FROM accounts_quotacounter c LEFT JOIN held h ON h.counter = c.id
    WHERE c.agency_id = %(agency)s AND c.kind <> 'seat' AND c.reserved <> coalesce(h.reserved, 0)
UNION ALL
SELECT 'ledger', c.kind, c.period, coalesce(o.used, 0), c.used
    FROM accounts_quotacounter c LEFT JOIN of_counters o ON o.id = c.id
    WHERE c.agency_id = %(agency)s AND c.kind <> 'seat' AND c.used <> coalesce(o.used, 0)
"""


@dataclass(frozen=True, slots=True)
class Difference:
    """Two numbers that should be one: `where` says which of the proof's four comparisons."""

    where: str
    kind: str
    period: str
    expected: int
    found: int

    def __str__(self) -> str:
        return f"{self.where} {self.kind} {self.period}: {self.found}, not {self.expected}"


def prove(agency: Agency) -> list[Difference]:
    """What does not add up in one agency, from one statement and so one moment."""
    with scope(agency.pk), connection.cursor() as cursor:
        cursor.execute(DIFFERENCES, {"agency": agency.pk})
        return [Difference(*row) for row in cursor.fetchall()]


def prove_all() -> dict[str, list[Difference]]:
    """Prove every agency, record and report what differs; the differences by short name.

    Seats follow from people and invitations, some of which end by themselves: they are counted
    anew instead.
    """
    with platform_scope():
        agencies = list(Agency.objects.order_by("pk"))
    found: dict[str, list[Difference]] = {}
    is_new = False
    for agency in agencies:
        _recount(agency)
        differences = prove(agency)
        if differences:
            found[agency.slug] = differences
            is_new |= _record(agency, differences)
    if is_new:
        _alarm(found)
    return found


@transaction.atomic
def _recount(agency: Agency) -> None:
    with scope(agency.pk):
        lock_agency(agency.pk)
        count_seats()


@transaction.atomic
def _record(agency: Agency, differences: list[Difference]) -> bool:
    """Enter it in both records, unless another worker's clock has done so today."""
    one_at_a_time(f"proof {agency.pk}")
    recent = AuditEntry.objects.filter(
        agency_id=None,
        action=Action.USAGE_UNPROVEN,
        subject_id=str(agency.pk),
        at__gt=timezone.now() - SAY_AGAIN_AFTER,
    )
    with platform_scope():
        if recent.exists():
            return False
    actor = system_actor("proof of usage", agency.pk)
    record_for_both(actor, Action.USAGE_UNPROVEN, agency, {"differences": len(differences)})
    return True


def _alarm(found: dict[str, list[Difference]]) -> None:
    """Tell the platform which agencies; the numbers are read with `manage.py quota check`."""
    logger.error("The usage ledger of %s agencies does not add up", len(found))
    address = settings.PLATFORM_CONTACT
    if "@" not in address:  # a telephone number
        return
    body = _(
        "The usage ledger does not add up for these agencies: %(agencies)s.\n\n"
        "Bill nothing for them before this is understood. On the server,"
        " manage.py quota check lists the differences."
    )
    subject = _("The usage ledger does not add up")
    try:
        send_mail(subject, body % {"agencies": ", ".join(sorted(found))}, None, [address])
    except (OSError, SMTPException) as error:
        logger.error("No mail about the usage ledger was sent (%s)", type(error).__name__)
