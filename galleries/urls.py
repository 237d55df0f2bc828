from django.urls import include, path

urlpatterns = [
    path("", include("galleries.urls_galleries")),
    path("", include("galleries.urls_erasures")),
    path("", include("galleries.urls_imports")),
    path("", include("galleries.urls_engine_changes")),
    path("", include("galleries.urls_retention")),
    path("", include("galleries.urls_sharing")),
    path("", include("galleries.urls_quality")),
]
