"""Addresses of the transparency reports: inside the agency, and for everybody."""

from django.urls import path, re_path

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
    re_path(
        r"^public/(?P<slug>[a-z0-9-]+)/transparency/(?P<name>[0-9Q-]+)/$",
        transparency_public.public_transparency_report,
        name="public_transparency_report",
    ),
    re_path(
        r"^public/(?P<slug>[a-z0-9-]+)/transparency/(?P<name>[0-9Q-]+)\.(?P<kind>[a-z]+)$",
        transparency_public.public_transparency_file,
        name="public_transparency_file",
    ),
]
