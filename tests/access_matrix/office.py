"""The agency's settings, its license, usage and invoices, tokens and webhooks, and its end."""

from accounts.actor import command_actor
from accounts.models import LicenseVersion, WebhookDelivery
from accounts.webhooks.acts import send_test
from tests.access_matrix.area import Area, Arguments, L, Posts, Table
from tests.access_matrix.ground import Ground
from tests.accounts.billing_cast import full_billing
from tests.factories import make_token, make_webhook

TABLE: Table = {
    "platform_acts": [403, 403, 403, 200, 200, 200, 403, L],
    "agency_settings": [403, 403, 200, 200, 200, 200, 403, L],
    "agency_settings_change": [403, 403, 403, 403, 200, 200, 403, L],
    "license": [403, 403, 200, 200, 200, 200, 403, L],
    "license_download": [403, 403, 200, 200, 200, 404, 403, L],
    "usage": [403, 403, 200, 200, 200, 200, 403, L],
    "usage_export": [403, 403, 200, 200, 200, 200, 403, L],
    "invoices": [403, 403, 403, 200, 200, 200, 403, L],
    "invoice_file": [403, 403, 403, 200, 200, 404, 403, L],
    "tokens": [200, 200, 200, 200, 200, 200, 403, L],
    "token_new": [200, 200, 200, 200, 200, 200, 403, L],
    "token_revoke": [403, 403, 302, 403, 302, 404, 403, L],  # a supervisor's token
    "agency_tokens": [403, 403, 403, 403, 200, 200, 403, L],
    "webhooks": [403, 403, 403, 403, 200, 200, 403, L],
    "webhook_new": [403, 403, 403, 403, 200, 200, 403, L],
    "webhook": [403, 403, 403, 403, 200, 404, 403, L],
    "webhook_edit": [403, 403, 403, 403, 200, 404, 403, L],
    "webhook_test": [403, 403, 403, 403, 302, 404, 403, L],
    "webhook_replay": [403, 403, 403, 403, 302, 404, 403, L],
    "webhook_rotate": [403, 403, 403, 403, 200, 404, 403, L],
    "webhook_switch": [403, 403, 403, 403, 302, 404, 403, L],
    "webhook_remove": [403, 403, 403, 403, 302, 404, 403, L],
    "closed_agencies": [404, 404, 404, 404, 404, 404, 404, L],  # nobody's is closed
    "export_download": [404, 404, 404, 404, 404, 404, 404, L],
    "export_destroy": [404, 404, 404, 404, 404, 404, 404, L],
}
POST_ONLY = (
    *("token_revoke", "export_download", "webhook_switch", "webhook_rotate", "webhook_remove"),
    *("webhook_test", "webhook_replay"),
)

ON_WEBHOOK = ("", "_edit", "_switch", "_rotate", "_remove", "_test")


def arguments(ground: Ground) -> Arguments:
    alder = ground.alder
    token, _text = make_token(alder, ground.user("supervisor"))
    webhook, _secret = make_webhook(alder)
    send_test(actor=command_actor("test", alder.pk), endpoint=webhook)
    return {
        "license_download": [LicenseVersion.objects.earliest("pk").pk],
        "invoice_file": [full_billing(alder).pk],
        "token_revoke": [token.pk],
        **{f"webhook{name}": [webhook.pk] for name in ON_WEBHOOK},
        "webhook_replay": [WebhookDelivery.objects.get().pk],
        "export_download": [alder.pk],
        "export_destroy": [alder.pk],
    }


def posts(ground: Ground) -> Posts:
    hook: dict[str, object] = {"url": "https://hooks.example.org/", "events": ["search.stage"]}
    return {
        "agency_settings_change": {"idle_minutes": 5},
        "token_new": {"name": "x", "permissions": ["cases.view"], "days": 5},
        "token_revoke": {},
        "webhook_new": hook,
        "webhook_edit": hook,
        **{f"webhook_{act}": {} for act in ("switch", "rotate", "test", "replay", "remove")},
        "export_download": {},
        "export_destroy": {"short_name": "alder"},
    }


AREA = Area(TABLE, POST_ONLY, arguments, posts)
