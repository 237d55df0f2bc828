from django.urls import include, path

from oversight.views import hub

urlpatterns = [
    path("oversight/", hub.oversight, name="oversight"),
    path("", include("oversight.urls_requests")),
]
