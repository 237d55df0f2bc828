"""Retention: what expires, what was removed, the rules and the legal holds."""

from django.urls import path

from galleries.models import HoldTarget
from galleries.views import holds, retention, retention_runs

PLACES = {
    "galleries": HoldTarget.GALLERY,
    "subjects": HoldTarget.SUBJECT,
    "images": HoldTarget.IMAGE,
}

urlpatterns = [
    path("retention/", retention.retention, name="retention"),
    path("retention/expiring.csv", retention.retention_csv, name="retention_csv"),
    path("retention/run/", retention.retention_run_now, name="retention_run_now"),
    path("retention/runs/", retention_runs.retention_runs, name="retention_runs"),
    path("retention/runs/<uuid:pk>/", retention_runs.retention_run, name="retention_run"),
    path(
        "retention/runs/<uuid:pk>/receipt/",
        retention_runs.retention_receipt,
        name="retention_receipt",
    ),
    path("galleries/<uuid:pk>/retention/", retention.gallery_retention, name="gallery_retention"),
    path("holds/", holds.hold_list, name="holds"),
    path("holds/<uuid:pk>/release/", holds.hold_release, name="hold_release"),
    *(
        path(f"{place}/<uuid:pk>/hold/", holds.hold_new, {"target": target}, name=f"hold_{target}")
        for place, target in PLACES.items()
    ),
]
