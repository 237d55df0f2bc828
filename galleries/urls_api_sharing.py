"""Search in galleries of other agencies, for programs of both sides."""

from django.urls import path

from galleries.api import borrowed, grants, origins

GRANT, BORROWED = "gallery-grants/<uuid:pk>/", "borrowed-galleries/<uuid:pk>/"

urlpatterns = [
    path("galleries/origin/", origins.Origin.as_view(), name="api_origin"),
    path("galleries/<uuid:pk>/grants/", grants.Grants.as_view(), name="api_gallery_grants"),
    path("gallery-grants/", grants.AllGrants.as_view(), name="api_grants"),
    path(GRANT, grants.OneGrant.as_view(), name="api_grant"),
    path(f"{GRANT}uses/", grants.GrantUses.as_view(), name="api_grant_uses"),
    path(f"{GRANT}revoke/", grants.GrantEnd.as_view(), name="api_grant_revoke"),
    path("borrowed-galleries/", borrowed.Borrowed.as_view(), name="api_borrowed"),
    path(BORROWED, borrowed.OneBorrowed.as_view(), name="api_borrowed_one"),
    path(f"{BORROWED}accept/", borrowed.BorrowedYes.as_view(), name="api_borrowed_accept"),
    path(f"{BORROWED}decline/", borrowed.BorrowedNo.as_view(), name="api_borrowed_decline"),
]
