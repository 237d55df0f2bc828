from django.urls import path

from oversight.views import publishing

urlpatterns = [
    path("publishing/", publishing.publishing, name="publishing"),
    path("publishing/<uuid:pk>/remove/", publishing.destination_remove, name="destination_remove"),
]
