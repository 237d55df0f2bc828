"""Log-in, second factors and the forgotten password: allauth's views at our addresses.

Only what is named here exists: no sign-up, no change of address, no log-in by code.
"""

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as webauthn
from django.contrib.auth.decorators import login_not_required
from django.urls import path, re_path

from accounts.views import factors

urlpatterns = [
    path("login/", account.login, name="account_login"),
    path("logout/", login_not_required(account.logout), name="account_logout"),
    path("login/factor/", mfa.authenticate, name="mfa_authenticate"),
    path("login/passkey/", login_not_required(webauthn.login_webauthn), name="mfa_login_webauthn"),
    path(
        "login/forgotten/",
        login_not_required(account.password_reset),
        name="account_reset_password",
    ),
    path(
        "login/forgotten/sent/",
        login_not_required(account.password_reset_done),
        name="account_reset_password_done",
    ),
    re_path(
        r"^login/forgotten/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        login_not_required(account.password_reset_from_key),
        name="account_reset_password_from_key",
    ),
    path(
        "login/forgotten/done/",
        login_not_required(account.password_reset_from_key_done),
        name="account_reset_password_from_key_done",
    ),
    path("account/confirm/", account.reauthenticate, name="account_reauthenticate"),
    path("account/confirm/code/", mfa.reauthenticate, name="mfa_reauthenticate"),
    path(
        "account/confirm/passkey/",
        webauthn.reauthenticate_webauthn,
        name="mfa_reauthenticate_webauthn",
    ),
    path("account/factors/", mfa.index, name="mfa_index"),
    path("account/factors/app/", totp.activate_totp, name="mfa_activate_totp"),
    path("account/factors/app/remove/", factors.RemoveApp.as_view(), name="mfa_deactivate_totp"),
    path("account/factors/codes/", codes.view_recovery_codes, name="mfa_view_recovery_codes"),
    path(
        "account/factors/codes/new/",
        codes.generate_recovery_codes,
        name="mfa_generate_recovery_codes",
    ),
    path("account/factors/passkeys/", webauthn.list_webauthn, name="mfa_list_webauthn"),
    path("account/factors/passkeys/new/", webauthn.add_webauthn, name="mfa_add_webauthn"),
    path(
        "account/factors/passkeys/<int:pk>/remove/",
        factors.RemovePasskey.as_view(),
        name="mfa_remove_webauthn",
    ),
    path(
        "account/factors/passkeys/<int:pk>/",
        webauthn.edit_webauthn,
        name="mfa_edit_webauthn",
    ),
]
# Reached without an agency too: they belong to the person.
OWN_PAGES = frozenset(str(pattern.name) for pattern in urlpatterns)
