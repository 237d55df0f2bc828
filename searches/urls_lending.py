"""Examiners lent between agencies: the pages of both, and the workbench under a loan."""

from django.urls import path

from searches.views import lending, lent_out

urlpatterns = [
    path("searches/<uuid:pk>/lend/", lending.search_lend, name="search_lend"),
    path("loans/<uuid:pk>/revoke/", lending.loan_revoke, name="loan_revoke"),
    path("lent/", lent_out.loans, name="loans"),
    path("lent/<uuid:loan>/", lent_out.lent, name="lent"),
    path("lent/<uuid:loan>/decline/", lent_out.loan_decline, name="loan_decline"),
    path("lent-out/", lent_out.lent_out_list, name="lent_out"),
    path("lent-out/<uuid:loan>/end/", lent_out.loan_recall, name="loan_recall"),
]
