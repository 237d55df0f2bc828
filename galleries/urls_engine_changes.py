from django.urls import path

from galleries.views import engine_changes as changes
from galleries.views import shadow_searches as shadows

urlpatterns = [
    path("galleries/<uuid:pk>/engine/", changes.change_list, name="engine_changes"),
    path("galleries/<uuid:pk>/engine/new/", changes.change_new, name="engine_change_new"),
    path("engine-changes/<uuid:pk>/", changes.change_detail, name="engine_change"),
    path("engine-changes/<uuid:pk>/pace/", changes.change_pace, name="engine_change_pace"),
    path("engine-changes/<uuid:pk>/retry/", changes.change_retry, name="engine_change_retry"),
    path("engine-changes/<uuid:pk>/rejected/", changes.rejected, name="engine_change_rejected"),
    path("engine-changes/<uuid:pk>/switch/", changes.change_switch, name="engine_change_switch"),
    path("engine-changes/<uuid:pk>/end/", changes.change_end, name="engine_change_end"),
    path("engine-changes/<uuid:pk>/compare/", shadows.compare, name="engine_change_compare"),
    path("shadow-searches/<uuid:pk>/", shadows.shadow_detail, name="shadow_search"),
    path("shadow-searches/<uuid:pk>/report.json", shadows.shadow_report, name="shadow_report"),
]
