from django.urls import path

from searches.api import (
    authorizations,
    case_notes,
    case_people,
    cases,
    categories,
    conclusions,
    documents,
    examination_pictures,
    examinations,
    pictures,
    probe_edits,
    probes,
    searches,
)
from searches.views.case_acts import ACTS

CASE, PROBE = "cases/<uuid:pk>/", "probes/<uuid:pk>/"
CATEGORY = "categories/<uuid:pk>/"
SEARCH = "searches/<uuid:pk>/"
EXAMINATION = "examinations/<uuid:pk>/"

urlpatterns = [
    path("cases/", cases.Cases.as_view(), name="api_cases"),
    path(CASE, cases.OneCase.as_view(), name="api_case"),
    *(path(f"cases/<uuid:pk>/{act}/", cases.act_view(act), name=f"api_case_{act}") for act in ACTS),
    path(f"{CASE}notes/", case_notes.CaseNotes.as_view(), name="api_case_notes"),
    path(f"{CASE}members/", case_people.CaseMembers.as_view(), name="api_case_members"),
    path(
        f"{CASE}members/<uuid:member>/end/",
        case_people.CaseMemberEnd.as_view(),
        name="api_case_member_end",
    ),
    path(f"{CASE}people/", case_people.CasePeople.as_view(), name="api_case_people"),
    path(f"{CASE}owner/", case_people.CaseOwner.as_view(), name="api_case_owner"),
    path(f"{CASE}probes/", probes.CaseProbes.as_view(), name="api_case_probes"),
    path("categories/", categories.Categories.as_view(), name="api_categories"),
    path(f"{CATEGORY}rename/", categories.CategoryRename.as_view(), name="api_category_rename"),
    path(f"{CATEGORY}retire/", categories.CategoryRetire.as_view(), name="api_category_retire"),
    path(f"{CATEGORY}restore/", categories.CategoryRestore.as_view(), name="api_category_restore"),
    path(PROBE, probes.OneProbe.as_view(), name="api_probe"),
    path(f"{PROBE}turn/", probes.ProbeTurn.as_view(), name="api_probe_turn"),
    path(f"{PROBE}edits/", probe_edits.ProbeEdits.as_view(), name="api_probe_edits"),
    path(f"{PROBE}undo/", probe_edits.ProbeUndo.as_view(), name="api_probe_undo"),
    path(f"{PROBE}discard/", probe_edits.ProbeDiscard.as_view(), name="api_probe_discard"),
    *pictures.urlpatterns,
    *examination_pictures.urlpatterns,
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
