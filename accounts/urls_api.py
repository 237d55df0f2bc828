from django.urls import path

from accounts.api import webhook_acts, webhooks
from accounts.api.me import MeView

urlpatterns = [
    path("me/", MeView.as_view(), name="api_me"),
    path("webhooks/", webhooks.Webhooks.as_view(), name="api_webhooks"),
    path("webhooks/<uuid:pk>/", webhooks.OneWebhook.as_view(), name="api_webhook"),
    path(
        "webhooks/<uuid:pk>/deliveries/",
        webhooks.Deliveries.as_view(),
        name="api_webhook_deliveries",
    ),
    path("webhooks/<uuid:pk>/test/", webhooks.Test.as_view(), name="api_webhook_test"),
    path(
        "webhooks/<uuid:pk>/disable/",
        webhook_acts.DisableWebhook.as_view(),
        name="api_webhook_disable",
    ),
    path(
        "webhooks/<uuid:pk>/enable/",
        webhook_acts.EnableWebhook.as_view(),
        name="api_webhook_enable",
    ),
    path(
        "webhooks/<uuid:pk>/rotate/",
        webhook_acts.RotateWebhook.as_view(),
        name="api_webhook_rotate",
    ),
    path(
        "webhook-deliveries/<uuid:pk>/replay/",
        webhooks.Replay.as_view(),
        name="api_webhook_replay",
    ),
]
