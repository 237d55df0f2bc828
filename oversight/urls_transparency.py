"""Addresses of the transparency reports: inside the agency, and for everybody."""

from django.urls import path

from oversight.views import transparency, transparency_annual, transparency_public

_ONE = "oversight/transparency/<uuid:pk>/"
_PUBLIC = "public/<slug:slug>/transparency/"

urlpatterns = [
    path("oversight/transparency/", transparency.transparency, name="transparency"),
    path(_ONE, transparency.transparency_report, name="transparency_report"),
    path(
        f"{_ONE}<slug:audience>.<slug:kind>",
        transparency.transparency_file,
        name="transparency_file",
    ),
    path(f"{_ONE}publish/", transparency.transparency_publish, name="transparency_publish"),
    path(f"{_ONE}withdraw/", transparency.transparency_withdraw, name="transparency_withdraw"),
    path(
        f"{_ONE}forms/<slug:name>/",
        transparency_annual.transparency_form,
        name="transparency_form",
    ),
    path(
        f"{_ONE}forms/<slug:name>.pdf",
        transparency_annual.transparency_form_file,
        name="transparency_form_file",
    ),
    path(_PUBLIC, transparency_public.public_transparency, name="public_transparency"),
    path(
        f"{_PUBLIC}<slug:name>/",
        transparency_public.public_transparency_report,
        name="public_transparency_report",
    ),
    path(
        f"{_PUBLIC}<slug:name>.<slug:kind>",
        transparency_public.public_transparency_file,
        name="public_transparency_file",
    ),
]
