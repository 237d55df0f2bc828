from django.urls import include, path

from oversight.views import hub

urlpatterns = [
    path("oversight/", hub.oversight, name="oversight"),
    path("oversight/", include("oversight.urls_publishing")),
    path("", include("oversight.urls_requests")),
]
