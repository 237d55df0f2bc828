"""Search in galleries of other agencies: the pages of both sides."""

from django.urls import path

from galleries.views import borrowing, sharing

urlpatterns = [
    path("galleries/<uuid:pk>/grants/", sharing.gallery_grants, name="gallery_grants"),
    path("galleries/origin/", sharing.origin, name="origin"),
    path("gallery-grants/<uuid:pk>/", sharing.gallery_grant, name="gallery_grant"),
    path(
        "gallery-grants/<uuid:pk>/revoke/",
        sharing.gallery_grant_revoke,
        name="gallery_grant_revoke",
    ),
    path("borrowed-galleries/", borrowing.borrowed_galleries, name="borrowed_galleries"),
    path("borrowed-galleries/<uuid:pk>/accept/", borrowing.grant_accept, name="grant_accept"),
    path("borrowed-galleries/<uuid:pk>/decline/", borrowing.grant_decline, name="grant_decline"),
]
