"""The addresses of the API, version 1, and its description."""

from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

urlpatterns = [
    path("schema/", SpectacularAPIView.as_view(), name="api_schema"),
    path(
        "docs/",
        SpectacularSwaggerSplitView.as_view(
            url_name="api_schema", template_name="accounts/api_docs.html"
        ),
        name="api_docs",
    ),
    path("", include("accounts.urls_api")),
    path("", include("searches.urls_api")),
    path("", include("oversight.urls_api")),
    path("", include("galleries.urls_api")),
]
