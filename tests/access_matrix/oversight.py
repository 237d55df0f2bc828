"""The record and its reviews, alerts of misuse, publishing of signed heads, transparency."""

from accounts.actor import command_actor
from oversight.models import Destination
from oversight.services.transparency import publish_report
from oversight.weeks import running_week
from portal.audit.models import AuditEntry
from tests.access_matrix.area import Area, Arguments, L, Posts, Table
from tests.access_matrix.ground import Ground
from tests.factories import make_alert, make_former_record, make_transparency_report

REPORTS = [403, 403, 200, 200, 200, 404, 403, L]

TABLE: Table = {
    "oversight": [403, 403, 200, 200, 200, 200, 403, L],
    "publishing": [403, 403, 403, 403, 200, 200, 403, L],
    "destination_remove": [403, 403, 403, 403, 302, 404, 403, L],
    "alerts": [403, 403, 403, 200, 403, 200, 403, L],
    "alert_statistics": [403, 403, 403, 200, 403, 200, 403, L],
    "alert": [403, 403, 403, 200, 403, 404, 403, L],
    "alert_take": [403, 403, 403, 302, 403, 404, 403, L],
    "alert_hand_over": [403, 403, 403, 200, 403, 404, 403, L],
    "alert_close": [403, 403, 403, 200, 403, 404, 403, L],
    "alert_reopen": [403, 403, 403, 200, 403, 404, 403, L],
    "record": [403, 403, 403, 200, 403, 200, 403, L],
    "record_entry": [403, 403, 403, 200, 403, 404, 403, L],
    "record_export": [403, 403, 403, 200, 403, 200, 403, L],
    "former_records": [403, 403, 403, 200, 403, 200, 403, L],
    "former_record": [403, 403, 403, 200, 403, 404, 403, L],
    "former_record_file": [403, 403, 403, 200, 403, 404, 403, L],
    "looked": [403, 403, 200, 200, 403, 404, 403, L],
    "reviews": [403, 403, 403, 200, 403, 200, 403, L],
    "review": [403, 403, 403, 200, 403, 200, 403, L],  # the running week is everybody's
    "transparency": [403, 403, 200, 200, 200, 200, 403, L],
    "transparency_report": REPORTS,
    "transparency_file": REPORTS,
    "transparency_form": REPORTS,
    "transparency_form_file": REPORTS,
    "transparency_publish": [403, 403, 403, 403, 200, 404, 403, L],
    "transparency_withdraw": [403, 403, 403, 403, 200, 404, 403, L],
    # For everybody, whoever they are.
    "public_transparency": [200] * 8,
    "public_transparency_report": [200] * 8,
    "public_transparency_file": [200] * 8,
}
POST_ONLY = ("alert_take", "destination_remove", "former_record_file")

ON_ALERT = ("", "_take", "_hand_over", "_close", "_reopen")


def arguments(ground: Ground) -> Arguments:
    alder = ground.alder
    alert = make_alert(ground.search, ground.user("untrained").pk)
    place = Destination(kind="email", target="court@example.org", added_by_label="x")
    place.save(force_insert=True)
    report = make_transparency_report(alder, "2025")
    publish_report(actor=command_actor("test", alder.pk), report=report)
    former = make_former_record(alder)
    unpublished = make_transparency_report(alder, "2024")
    return {
        "destination_remove": [place.pk],
        **{f"alert{name}": [alert.pk] for name in ON_ALERT},
        "record_entry": [AuditEntry.objects.earliest("pk").pk],
        "former_record": [former.pk],
        "former_record_file": [former.pk],
        "looked": ["case", ground.case.pk],
        "review": [running_week(alder).isoformat()],
        "transparency_report": [report.pk],
        "transparency_withdraw": [report.pk],
        "transparency_file": [report.pk, "public", "csv"],
        "transparency_form": [report.pk, "maryland"],
        "transparency_form_file": [report.pk, "maryland"],
        "transparency_publish": [unpublished.pk],
        "public_transparency": ["alder"],
        "public_transparency_report": ["alder", "2025"],
        "public_transparency_file": ["alder", "2025", "csv"],
    }


def posts(ground: Ground) -> Posts:
    return {
        "publishing": {"kind": "file"},
        "destination_remove": {},
        "alert_take": {},
        "former_record_file": {},
        "alert_hand_over": {"user_id": ground.joiner.user_id, "reason": "For a good reason"},
        "alert_close": {"disposition": "justified", "note": "For a good reason"},
        "alert_reopen": {"reason": "For a good reason"},
        "record_export": {"contents": "on"},
        "review": {"looked": "on", "finding": "nothing"},
        "transparency": {"period": "2025"},
        "transparency_publish": {},
        "transparency_withdraw": {},
    }


AREA = Area(TABLE, POST_ONLY, arguments, posts)
