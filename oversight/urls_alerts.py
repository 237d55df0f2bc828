from django.urls import path

from oversight.views import alert_acts, alerts

ONE = "alerts/<uuid:pk>/"

urlpatterns = [
    path("alerts/", alerts.alert_list, name="alerts"),
    path("alerts/statistics/", alerts.alert_statistics, name="alert_statistics"),
    path(ONE, alerts.alert_detail, name="alert"),
    path(f"{ONE}take/", alert_acts.alert_take, name="alert_take"),
    path(f"{ONE}hand-over/", alert_acts.alert_hand_over, name="alert_hand_over"),
    path(f"{ONE}decide/", alert_acts.alert_close, name="alert_close"),
    path(f"{ONE}reopen/", alert_acts.alert_reopen, name="alert_reopen"),
]
