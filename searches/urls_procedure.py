"""Addresses of the procedure around a search, but for the examiners' (urls_workbench)."""

from django.urls import path

from searches.views import authorizations, searches, work

urlpatterns = [
    path("work/", work.work, name="work"),
    path("work/<slug:section>/", work.work_section, name="work_section"),
    path("authorizations/", authorizations.authorizations, name="authorizations"),
    path("searches/<uuid:pk>/authorization/", authorizations.authorization, name="authorization"),
    path(
        "searches/<uuid:pk>/authorization/refuse/",
        authorizations.authorization_refuse,
        name="authorization_refuse",
    ),
    path("searches/<uuid:pk>/document/", searches.search_document, name="search_document"),
    path("searches/<uuid:pk>/receipt/", searches.search_receipt, name="search_receipt"),
    path("searches/<uuid:pk>/follow-up/", searches.search_follow_up, name="search_follow_up"),
]
