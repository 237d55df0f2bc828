from django.urls import include, path

from searches.views import (
    case_acts,
    case_people,
    cases,
    categories,
    editing,
    enrolments,
    finding,
    home,
    pictures,
    probes,
    searches,
)

urlpatterns = [
    path("", home.home, name="home"),
    path("find/", finding.find, name="find"),
    path("cases/", cases.case_list, name="cases"),
    path("cases/new/", cases.case_new, name="case_new"),
    path("cases/<uuid:pk>/", cases.case_detail, name="case"),
    path("cases/<uuid:pk>/timeline/", cases.case_timeline, name="case_timeline"),
    path("cases/<uuid:pk>/notes/", case_acts.case_notes, name="case_notes"),
    path("cases/<uuid:pk>/members/", case_people.case_member_add, name="case_member_add"),
    path(
        "cases/<uuid:pk>/members/<uuid:member>/remove/",
        case_people.case_member_end,
        name="case_member_end",
    ),
    path("cases/<uuid:pk>/owner/", case_people.case_owner, name="case_owner"),
    *(
        path(f"cases/<uuid:pk>/{act}/", case_acts.case_act, {"act": act}, name=f"case_{act}")
        for act in case_acts.ACTS
    ),
    path("cases/<uuid:pk>/probe/", probes.probe_new, name="probe_new"),
    path("settings/categories/", categories.category_list, name="categories"),
    path("settings/categories/<uuid:pk>/", categories.category, name="category"),
    path("settings/categories/<uuid:pk>/use/", categories.category_use, name="category_use"),
    path("probes/<uuid:pk>/", probes.probe_detail, name="probe"),
    path("probes/<uuid:pk>/turn/", probes.probe_turn, name="probe_turn"),
    path("probes/<uuid:pk>/edit/", editing.probe_edit, name="probe_edit"),
    path("probes/<uuid:pk>/undo/", editing.probe_undo, name="probe_undo"),
    path("probes/<uuid:pk>/progress/", probes.probe_progress, name="probe_progress"),
    path("probes/<uuid:pk>/picture/", pictures.probe_picture, name="probe_picture"),
    path("probes/<uuid:pk>/original/", pictures.probe_original, name="probe_original"),
    path("probes/<uuid:pk>/faces/<int:index>/", pictures.probe_face, name="probe_face"),
    path("searches/", searches.search_list, name="searches"),
    path("searches/new/", searches.search_new, name="search_new"),
    path("searches/<uuid:pk>/", searches.search_detail, name="search"),
    path("", include("searches.urls_procedure")),
    path("galleries/<uuid:pk>/enrol/", enrolments.enrolment_new, name="enrolment_new"),
    path("enrolments/<uuid:pk>/", enrolments.enrolment_detail, name="enrolment"),
    path("images/<uuid:pk>/portrait/", pictures.portrait, name="portrait"),
    path("shared-faces/<uuid:pk>/portrait/", pictures.shared_portrait, name="shared_portrait"),
    path("", include("searches.urls_workbench")),
    path("", include("searches.urls_documents")),
    path("", include("searches.urls_lending")),
]
