from django.urls import path

from searches.api import cases
from searches.views.case_acts import ACTS

urlpatterns = [
    path("cases/", cases.Cases.as_view(), name="api_cases"),
    path("cases/<uuid:pk>/", cases.OneCase.as_view(), name="api_case"),
    *(path(f"cases/<uuid:pk>/{act}/", cases.act_view(act), name=f"api_case_{act}") for act in ACTS),
]
