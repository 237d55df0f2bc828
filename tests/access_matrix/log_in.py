"""Log-in, by password or by an identity provider, factors, the own account and its sessions."""

from accounts.models import SignOnDomain, SignOnLink
from tests.access_matrix.area import Area, Arguments, L, Posts, Table
from tests.access_matrix.ground import Ground
from tests.factories import make_link, make_provider

# The factors are those of the person who asks (here they have none yet).
OF_LOGIN = [302, 302, 302, 302, 302, 302, 302, 200]
OWN = [200, 200, 200, 200, 200, 200, 200, L]

TABLE: Table = {
    "account": OWN,
    "password_change": OWN,
    "sessions": [200, 200, 200, 200, 200, 200, 403, L],
    "session_end": [404, 404, 404, 404, 404, 404, 403, L],  # somebody else's
    "sessions_end_others": [302, 302, 302, 302, 302, 302, 403, L],
    "account_login": OF_LOGIN,
    "account_logout": [302] * 8,
    "mfa_authenticate": [302] * 8,  # the second step of a log-in that nobody has begun
    "mfa_login_webauthn": [302] * 8,  # its page is the log-in's
    "account_reset_password": [200] * 8,
    "account_reset_password_done": [200] * 8,
    "account_reset_password_from_key": [200] * 8,  # says that the link is dead
    "account_reset_password_from_key_done": [200] * 8,
    "account_reauthenticate": OWN,
    "mfa_reauthenticate": [302] * 8,  # without an app: by password
    "mfa_reauthenticate_webauthn": [302] * 8,
    "mfa_index": OWN,
    "mfa_activate_totp": OWN,
    "mfa_deactivate_totp": [404] * 7 + [L],
    "mfa_view_recovery_codes": [404] * 7 + [L],
    "mfa_generate_recovery_codes": OWN,
    "mfa_list_webauthn": OWN,
    "mfa_add_webauthn": OWN,
    "mfa_remove_webauthn": [404] * 7 + [L],  # somebody else's
    "mfa_edit_webauthn": [404] * 7 + [L],
    "sign_on": [200] * 8,
    "openid_connect_login": [404] * 8,  # Alder's provider is not enabled
    "openid_connect_callback": [404] * 8,
    "sign_on_confirm": [302] * 8,  # to the proof by password: nobody came by a provider
    "sign_on_prove": [302] * 8,
    "single_sign_on": [403, 403, 200, 200, 200, 200, 403, L],
    "sign_on_domains": [403, 403, 403, 403, 302, 404, 403, L],
    "sign_on_domain_remove": [403, 403, 403, 403, 200, 404, 403, L],
    "sign_on_link_release": [403, 403, 403, 403, 200, 404, 403, L],
    "sign_on_switch": [403, 403, 403, 403, 200, 404, 403, L],
}
POST_ONLY = ("session_end", "sessions_end_others", "account_logout", "sign_on_domains")


def arguments(ground: Ground) -> Arguments:
    provider = make_provider(ground.alder)
    make_link(provider, ground.user("supervisor"))
    return {
        "session_end": [0],
        "openid_connect_login": [provider.pk],
        "openid_connect_callback": [provider.pk],
        "sign_on_domain_remove": [SignOnDomain.objects.get().pk],
        "sign_on_link_release": [SignOnLink.objects.get().pk],
        "mfa_remove_webauthn": [0],
        "mfa_edit_webauthn": [0],
        "account_reset_password_from_key": ["1", "x-y"],
    }


def posts(ground: Ground) -> Posts:
    return {
        "account": {"name": "x"},
        "password_change": {},
        "session_end": {},
        "sessions_end_others": {},
        "single_sign_on": {"name": "x", "issuer": "https://idp.example", "client_id": "x"},
        "sign_on_domains": {"domain": "x.example"},
        "sign_on_domain_remove": {},
        "sign_on_link_release": {},
        "sign_on_switch": {"to": "off"},
    }


AREA = Area(TABLE, POST_ONLY, arguments, posts)
