"""Single sign-on: log-in by an agency's identity provider, and its settings."""

from django.urls import path

from accounts.views import sign_on, sign_on_login

login_patterns = [
    path("login/agency/", sign_on_login.sign_on, name="sign_on"),
    path("login/agency/<uuid:provider_id>/", sign_on_login.start, name="openid_connect_login"),
    path(
        "login/agency/<uuid:provider_id>/back/",
        sign_on_login.callback,
        name="openid_connect_callback",
    ),
    path("account/confirm/agency/", sign_on_login.sign_on_confirm, name="sign_on_confirm"),
    path("account/confirm/agency/go/", sign_on_login.prove, name="sign_on_prove"),
]
# Reached without an agency too: they belong to the person.
OWN_PAGES = frozenset(str(pattern.name) for pattern in login_patterns)

urlpatterns = [
    *login_patterns,
    path("agency/single-sign-on/", sign_on.single_sign_on, name="single_sign_on"),
    path("agency/single-sign-on/switch/", sign_on.sign_on_switch, name="sign_on_switch"),
    path("agency/single-sign-on/domains/", sign_on.sign_on_domains, name="sign_on_domains"),
    path(
        "agency/single-sign-on/domains/<int:pk>/remove/",
        sign_on.sign_on_domain_remove,
        name="sign_on_domain_remove",
    ),
    path(
        "agency/single-sign-on/links/<int:pk>/release/",
        sign_on.sign_on_link_release,
        name="sign_on_link_release",
    ),
]
