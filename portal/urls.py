"""The whole map of addresses."""

from django.urls import include, path

from accounts.platform.registered import site
from portal import views
from portal.design import design
from portal.observing.views import live, metrics, ready

urlpatterns = [
    path("health/", views.health, name="health"),
    path("live/", live, name="live"),
    path("ready/", ready, name="ready"),
    path("metrics/", metrics, name="metrics"),
    path("design/", design, name="design"),
    path("platform/", site.urls),
    path("api/v1/", include("portal.urls_api")),
    path("", include("accounts.urls_login")),
    path("", include("accounts.urls")),
    path("", include("accounts.urls_access")),
    path("", include("accounts.urls_notifications")),
    path("", include("accounts.urls_policies")),
    path("", include("accounts.urls_sign_on")),
    path("", include("accounts.urls_webhooks")),
    path("", include("accounts.urls_offboarding")),
    path("", include("searches.urls")),
    path("", include("galleries.urls")),
    path("", include("training.urls")),
    path("", include("oversight.urls")),
]

handler400 = "portal.views.bad_request"
handler403 = "portal.views.forbidden"
handler404 = "portal.views.not_found"
handler500 = "portal.views.server_error"
