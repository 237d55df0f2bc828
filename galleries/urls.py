from django.urls import include, path

urlpatterns = [
    path("", include("galleries.urls_erasures")),
    path("", include("galleries.urls_imports")),
    path("", include("galleries.urls_retention")),
]
