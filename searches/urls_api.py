from django.urls import path

from searches.api import authorizations, cases, conclusions, documents, examinations, searches
from searches.views.case_acts import ACTS

SEARCH = "searches/<uuid:pk>/"
EXAMINATION = "examinations/<uuid:pk>/"

urlpatterns = [
    path("cases/", cases.Cases.as_view(), name="api_cases"),
    path("cases/<uuid:pk>/", cases.OneCase.as_view(), name="api_case"),
    *(path(f"cases/<uuid:pk>/{act}/", cases.act_view(act), name=f"api_case_{act}") for act in ACTS),
    path("searches/", searches.Searches.as_view(), name="api_searches"),
    path(SEARCH, searches.OneSearch.as_view(), name="api_search"),
    path(f"{SEARCH}events/", searches.SearchEvents.as_view(), name="api_search_events"),
    path("authorizations/", authorizations.Authorizations.as_view(), name="api_authorizations"),
    path(
        f"{SEARCH}authorization/",
        authorizations.OneAuthorization.as_view(),
        name="api_authorization",
    ),
    path(
        f"{SEARCH}authorization/refuse/",
        authorizations.Refusal.as_view(),
        name="api_authorization_refuse",
    ),
    path(f"{SEARCH}conclusion/", conclusions.Conclusion.as_view(), name="api_conclusion"),
    path(f"{SEARCH}candidates/", conclusions.Candidates.as_view(), name="api_candidates"),
    path(f"{SEARCH}follow-ups/", conclusions.FollowUps.as_view(), name="api_follow_ups"),
    path(f"{SEARCH}report/", documents.Report.as_view(), name="api_report"),
    path(f"{SEARCH}bundle/", documents.Bundle.as_view(), name="api_bundle"),
    path(f"{SEARCH}document/", documents.Document.as_view(), name="api_document"),
    path(f"{SEARCH}receipt/", documents.Receipt.as_view(), name="api_receipt"),
    path("examinations/", examinations.Examinations.as_view(), name="api_examinations"),
    path("examinations/waiting/", examinations.Waiting.as_view(), name="api_examinations_waiting"),
    path(
        "adjudications/waiting/",
        examinations.WaitingAdjudications.as_view(),
        name="api_adjudications_waiting",
    ),
    path(f"{SEARCH}examinations/", examinations.Taking.as_view(), name="api_examination_take"),
    path(EXAMINATION, examinations.OneExamination.as_view(), name="api_examination"),
    path(f"{EXAMINATION}submit/", examinations.Submitting.as_view(), name="api_examination_submit"),
    path(f"{EXAMINATION}return/", examinations.Returning.as_view(), name="api_examination_return"),
    path(
        f"{EXAMINATION}faces/<int:position>/",
        examinations.Face.as_view(),
        name="api_examination_face",
    ),
]
