"""The record, who looked at what, and the weekly review."""

from django.urls import path

from oversight.views import export, looks, record, reviews

urlpatterns = [
    path("record/", record.record_list, name="record"),
    path("record/export/", export.record_export, name="record_export"),
    path("record/<int:pk>/", record.record_entry, name="record_entry"),
    path("looked/<str:kind>/<uuid:pk>/", looks.looked, name="looked"),
    path("reviews/", reviews.review_list, name="reviews"),
    path("reviews/<str:week>/", reviews.review, name="review"),
]
