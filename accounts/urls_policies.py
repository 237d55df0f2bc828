"""The notice and the security policies of an agency, and the release of its people."""

from django.urls import path

from accounts.views import banner, policies, releasing

urlpatterns = [
    path("agency/notice/", banner.notice, name="notice"),
    path("agency/settings/", policies.agency_settings, name="agency_settings"),
    path("agency/settings/change/", policies.agency_settings_change, name="agency_settings_change"),
    path("people/<int:pk>/release/", releasing.member_release, name="member_release"),
]
