"""The end of a closed agency."""

from django.urls import path

from accounts.views import closed

urlpatterns = [
    path("closed/", closed.closed_agencies, name="closed_agencies"),
    path("closed/<int:pk>/export/", closed.export_download, name="export_download"),
    path("closed/<int:pk>/destroy/", closed.export_destroy, name="export_destroy"),
]
