"""The notice and the security policies of an agency, and the release of its people."""

from django.urls import path

from accounts.views import banner

urlpatterns = [
    path("agency/notice/", banner.notice, name="notice"),
]
