from django.urls import include, path

from oversight.views import hub

urlpatterns = [
    path("oversight/", hub.oversight, name="oversight"),
    path("oversight/", include("oversight.urls_publishing")),
    path("oversight/", include("oversight.urls_record")),
    path("oversight/", include("oversight.urls_alerts")),
    path("", include("oversight.urls_transparency")),
    path("", include("oversight.urls_requests")),
]
