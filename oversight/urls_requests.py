"""The public page and the requests of data subjects."""

from django.urls import path

from oversight.views import public, public_page, request_acts, requests

OF_REQUEST = "public/<slug:slug>/requests/<str:token>/"

urlpatterns = [
    path("public/<slug:slug>/", public.public_page, name="public_page"),
    path(OF_REQUEST, public.public_request, name="public_request"),
    path(OF_REQUEST + "message/", public.public_request_message, name="public_request_message"),
    path(OF_REQUEST + "withdraw/", public.public_request_withdraw, name="public_request_withdraw"),
    path(
        OF_REQUEST + "letters/<uuid:letter>/",
        public.public_request_letter,
        name="public_request_letter",
    ),
    path("oversight/public-page/", public_page.public_page_settings, name="public_page_settings"),
    path(
        "oversight/public-page/preview/",
        public_page.public_page_preview,
        name="public_page_preview",
    ),
    path(
        "oversight/public-page/switch/", public_page.public_page_switch, name="public_page_switch"
    ),
    path("oversight/requests/", requests.request_list, name="requests"),
    path("oversight/requests/new/", requests.request_new, name="request_new"),
    path("oversight/requests/letters/<uuid:pk>/", requests.request_letter, name="request_letter"),
    path("oversight/requests/<uuid:pk>/", requests.request_detail, name="request"),
    path(
        "oversight/requests/<uuid:pk>/subjects/<uuid:chosen>/remove/",
        requests.request_subject_remove,
        name="request_subject_remove",
    ),
    path("oversight/requests/<uuid:pk>/erase/", request_acts.request_erase, name="request_erase"),
    path("oversight/requests/<uuid:pk>/<slug:act>/", request_acts.request_act, name="request_act"),
]
