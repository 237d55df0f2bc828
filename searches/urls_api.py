from django.urls import path

from searches.api import (
    case_notes,
    case_people,
    cases,
    categories,
    examination_pictures,
    pictures,
    probe_edits,
    probes,
)
from searches.views.case_acts import ACTS

CASE, PROBE = "cases/<uuid:pk>/", "probes/<uuid:pk>/"
CATEGORY = "categories/<uuid:pk>/"

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
]
