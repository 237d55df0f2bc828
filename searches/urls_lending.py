"""Examiners lent between agencies: the pages of both, and the workbench under a loan."""

from django.urls import path

from searches.lending import under_loan
from searches.urls_workbench import urlpatterns as workbench
from searches.views import lending, lent_out

# What of the workbench a person lent gets: a page that is not named here does not exist for them.
LENT_PAGES = frozenset(
    {
        "examination",
        "examination_submit",
        "examination_return",
        "examination_face",
        "examination_decide",
        "examination_probe_face",
        "examination_probe_close_up",
        "examination_probe_picture",
        "examination_probe_original",
        "examination_face_portrait",
        "examination_face_close_up",
        "examination_face_picture",
    }
)

urlpatterns = [
    path("searches/<uuid:pk>/lend/", lending.search_lend, name="search_lend"),
    path("loans/<uuid:pk>/revoke/", lending.loan_revoke, name="loan_revoke"),
    path("lent/", lent_out.loans, name="loans"),
    path("lent/<uuid:loan>/", lent_out.lent, name="lent"),
    path("lent/<uuid:loan>/decline/", lent_out.loan_decline, name="loan_decline"),
    path("lent-out/", lent_out.lent_out_list, name="lent_out"),
    path("lent-out/<uuid:loan>/end/", lent_out.loan_recall, name="loan_recall"),
]
urlpatterns += [under_loan(pattern) for pattern in workbench if pattern.name in LENT_PAGES]
