"""Tokens, sessions, certificates, and the API's first address."""

from django.urls import path

from accounts.views import certificates, invoices, license, sessions, tokens, usage

urlpatterns = [
    path("account/tokens/", tokens.token_list, name="tokens"),
    path("account/tokens/new/", tokens.token_new, name="token_new"),
    path("tokens/", tokens.agency_tokens, name="agency_tokens"),
    path("tokens/<int:pk>/revoke/", tokens.token_revoke, name="token_revoke"),
    path("account/sessions/", sessions.session_list, name="sessions"),
    path("account/sessions/end-others/", sessions.sessions_end_others, name="sessions_end_others"),
    path("account/sessions/<int:pk>/end/", sessions.session_end, name="session_end"),
    path("certificates/", certificates.certificate_list, name="certificates"),
    path("certificates/new/", certificates.certificate_new, name="certificate_new"),
    path("certificates/require/", certificates.certificates_require, name="certificates_require"),
    path(
        "certificates/<int:pk>/evidence/",
        certificates.certificate_evidence,
        name="certificate_evidence",
    ),
    path(
        "certificates/<int:pk>/withdraw/",
        certificates.certificate_withdraw,
        name="certificate_withdraw",
    ),
    path("license/", license.license, name="license"),
    path("license/<int:pk>/signed.json", license.license_download, name="license_download"),
    path("invoices/", invoices.invoice_list, name="invoices"),
    path("invoices/<int:pk>.pdf", invoices.invoice_file, name="invoice_file"),
    path("usage/", usage.usage, name="usage"),
    path("usage/ledger.csv", usage.usage_export, name="usage_export"),
]
