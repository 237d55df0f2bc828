from django.urls import path

from oversight import urls_alerts
from oversight.views import hub

urlpatterns = [
    path("oversight/", hub.oversight, name="oversight"),
    *urls_alerts.urlpatterns,
]
