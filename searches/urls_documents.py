from django.urls import path

from searches.views import agreement, documents

urlpatterns = [
    path("searches/<uuid:pk>/report/", documents.search_report, name="search_report"),
    path("searches/<uuid:pk>/bundle/", documents.search_bundle, name="search_bundle"),
    path("agreement/", agreement.agreement, name="agreement"),
]
