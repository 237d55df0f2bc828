"""The record, who looked at what, and the weekly review."""

from django.urls import path

from oversight.views import export, former, looks, record, reviews

urlpatterns = [
    path("record/", record.record_list, name="record"),
    path("record/export/", export.record_export, name="record_export"),
    path("record/<int:pk>/", record.record_entry, name="record_entry"),
    path("record/former/", former.former_records, name="former_records"),
    path("record/former/<uuid:pk>/", former.former_record, name="former_record"),
    path("record/former/<uuid:pk>/file/", former.former_record_file, name="former_record_file"),
    path("looked/<str:kind>/<uuid:pk>/", looks.looked, name="looked"),
    path("reviews/", reviews.review_list, name="reviews"),
    path("reviews/<str:week>/", reviews.review, name="review"),
]
