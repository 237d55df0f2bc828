from django.urls import path

from oversight.views import hub

urlpatterns = [
    path("oversight/", hub.oversight, name="oversight"),
]
