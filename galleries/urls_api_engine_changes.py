"""Changes of engine for programs."""

from django.urls import path

from galleries.api import engine_change_acts as acts
from galleries.api import engine_changes as changes
from galleries.api import shadow_searches as shadows

CHANGE, SHADOW = "engine-changes/<uuid:pk>/", "shadow-searches/<uuid:pk>/"

urlpatterns = [
    path("galleries/<uuid:pk>/engines/", changes.Engines.as_view(), name="api_engines"),
    path(
        "galleries/<uuid:pk>/engine-changes/",
        changes.Changes.as_view(),
        name="api_engine_changes",
    ),
    path(CHANGE, changes.OneChange.as_view(), name="api_engine_change"),
    path(f"{CHANGE}rejected/", changes.Rejections.as_view(), name="api_engine_change_rejected"),
    path(f"{CHANGE}pace/", acts.Pace.as_view(), name="api_engine_change_pace"),
    path(f"{CHANGE}retry/", acts.Retry.as_view(), name="api_engine_change_retry"),
    path(f"{CHANGE}switch/", acts.Switching.as_view(), name="api_engine_change_switch"),
    path(f"{CHANGE}end/", acts.End.as_view(), name="api_engine_change_end"),
    path(
        f"{CHANGE}shadow-searches/",
        shadows.ShadowSearches.as_view(),
        name="api_shadow_searches",
    ),
    path(SHADOW, shadows.OneShadow.as_view(), name="api_shadow_search"),
    path(f"{SHADOW}report.json", shadows.ShadowReport.as_view(), name="api_shadow_report"),
]
