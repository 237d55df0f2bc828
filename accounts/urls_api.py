from django.urls import path

from accounts.api import webhooks
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
        "webhook-deliveries/<uuid:pk>/replay/",
        webhooks.Replay.as_view(),
        name="api_webhook_replay",
    ),
]
