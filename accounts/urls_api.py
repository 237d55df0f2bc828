from django.urls import path

from accounts.api import (
    certificates,
    invitations,
    license,
    members,
    notifications,
    policies,
    tokens,
    usage,
    webhook_acts,
    webhooks,
)
from accounts.api.me import MeView
from accounts.api.pictures import PictureView

_INVITATION = "invitations/<uuid:pk>/"

urlpatterns = [
    path("me/", MeView.as_view(), name="api_me"),
    path("notifications/", notifications.Notifications.as_view(), name="api_notifications"),
    path(
        "notifications/<uuid:pk>/read/",
        notifications.NotificationRead.as_view(),
        name="api_notification_read",
    ),
    path("license/", license.LicenseView.as_view(), name="api_license"),
    path("license/versions/<int:pk>/", license.SignedVersion.as_view(), name="api_license_version"),
    path("usage/", usage.UsageView.as_view(), name="api_usage"),
    path("usage/export/", usage.UsageExport.as_view(), name="api_usage_export"),
    path("members/", members.Members.as_view(), name="api_members"),
    path("members/<int:pk>/", members.OneMember.as_view(), name="api_member"),
    path("invitations/", invitations.Invitations.as_view(), name="api_invitations"),
    path(
        f"{_INVITATION}resend/",
        invitations.InvitationResend.as_view(),
        name="api_invitation_resend",
    ),
    path(
        f"{_INVITATION}revoke/",
        invitations.InvitationRevoke.as_view(),
        name="api_invitation_revoke",
    ),
    path("certificates/", certificates.Certificates.as_view(), name="api_certificates"),
    path("policies/", policies.Policies.as_view(), name="api_policies"),
    path("policies/versions/", policies.PolicyVersions.as_view(), name="api_policy_versions"),
    path("tokens/", tokens.OwnTokens.as_view(), name="api_tokens"),
    path("tokens/agency/", tokens.AgencyTokens.as_view(), name="api_agency_tokens"),
    path("tokens/<int:pk>/revoke/", tokens.TokenRevoke.as_view(), name="api_token_revoke"),
    path("pictures/<str:signed>/", PictureView.as_view(), name="api_picture"),
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
