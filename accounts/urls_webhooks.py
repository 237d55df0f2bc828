"""Webhooks: where the agency's own systems are told of what happened."""

from django.urls import path

from accounts.views import webhooks

urlpatterns = [
    path("webhooks/", webhooks.webhook_list, name="webhooks"),
    path("webhooks/new/", webhooks.webhook_new, name="webhook_new"),
    path("webhooks/<uuid:pk>/", webhooks.webhook, name="webhook"),
    path("webhooks/<uuid:pk>/edit/", webhooks.webhook_edit, name="webhook_edit"),
    path("webhooks/<uuid:pk>/switch/", webhooks.webhook_switch, name="webhook_switch"),
    path("webhooks/<uuid:pk>/rotate/", webhooks.webhook_rotate, name="webhook_rotate"),
    path("webhooks/<uuid:pk>/remove/", webhooks.webhook_remove, name="webhook_remove"),
    path("webhooks/<uuid:pk>/test/", webhooks.webhook_test, name="webhook_test"),
    path("webhooks/deliveries/<uuid:pk>/replay/", webhooks.webhook_replay, name="webhook_replay"),
]
