from django.urls import path

from oversight.api import (
    alert_acts,
    alerts,
    looks,
    record,
    record_export,
    requests,
    reviews,
    transparency,
    transparency_acts,
)

_ALERT = "alerts/<uuid:pk>/"
_REPORT = "transparency/<uuid:pk>/"

urlpatterns = [
    path("record/", record.Entries.as_view(), name="api_record"),
    path("record/export/", record_export.RecordExport.as_view(), name="api_record_export"),
    path("record/<int:pk>/", record.OneEntry.as_view(), name="api_record_entry"),
    path("cases/<uuid:pk>/looks/", looks.looks_view("case"), name="api_case_looks"),
    path("searches/<uuid:pk>/looks/", looks.looks_view("search"), name="api_search_looks"),
    path("subjects/<uuid:pk>/looks/", looks.looks_view("subject"), name="api_subject_looks"),
    path("record/weeks/", reviews.Weeks.as_view(), name="api_weeks"),
    path("record/weeks/<str:week>/", reviews.OneWeek.as_view(), name="api_week"),
    path("record/weeks/<str:week>/sign/", reviews.WeekSign.as_view(), name="api_week_sign"),
    path("alerts/", alerts.Alerts.as_view(), name="api_alerts"),
    path(_ALERT, alerts.OneAlert.as_view(), name="api_alert"),
    path(f"{_ALERT}take/", alert_acts.AlertTake.as_view(), name="api_alert_take"),
    path(f"{_ALERT}hand-over/", alert_acts.AlertHandOver.as_view(), name="api_alert_hand_over"),
    path(f"{_ALERT}decide/", alert_acts.AlertDecide.as_view(), name="api_alert_decide"),
    path(f"{_ALERT}reopen/", alert_acts.AlertReopen.as_view(), name="api_alert_reopen"),
    path("transparency/", transparency.Reports.as_view(), name="api_transparency"),
    path(_REPORT, transparency.OneReport.as_view(), name="api_transparency_report"),
    path(
        f"{_REPORT}<slug:audience>.<slug:kind>",
        transparency_acts.ReportFile.as_view(),
        name="api_transparency_file",
    ),
    path(
        f"{_REPORT}publish/",
        transparency_acts.ReportPublish.as_view(),
        name="api_transparency_publish",
    ),
    path(
        f"{_REPORT}withdraw/",
        transparency_acts.ReportWithdraw.as_view(),
        name="api_transparency_withdraw",
    ),
    path("requests/", requests.Requests.as_view(), name="api_requests"),
    path("requests/<uuid:pk>/", requests.OneRequest.as_view(), name="api_request"),
]
