"""What the vendor can switch off for one agency, and which addresses that closes.

Switched off is what begins something new. Reading, revoking and what is under way go on: nobody may
lose the way back from what they have given.
"""

from collections.abc import Mapping

from django.db import models
from django.utils.translation import gettext_lazy as _

SAFE = ("GET", "HEAD", "OPTIONS")


class Feature(models.TextChoices):
    API = "api", _("The API for programs")
    IMPORTS = "imports", _("Imports of many pictures")
    LENDING = "lending", _("Asking examiners of other agencies")
    SHARING = "sharing", _("Sharing galleries with other agencies")


ACTS: Mapping[Feature, frozenset[str]] = {
    Feature.IMPORTS: frozenset({"import_new", "import_upload", "api_imports"}),
    Feature.LENDING: frozenset({"search_lend"}),
    Feature.SHARING: frozenset(
        {"gallery_grants", "grant_accept", "api_gallery_grants", "api_borrowed_accept"}
    ),
}
"""The names of the addresses whose acts a feature is. The API as a whole is asked for apart."""


def closed_feature(off: list[str], method: str, name: str) -> Feature | None:
    """The switched-off feature whose act this request is, if it is one."""
    if method in SAFE:
        return None
    return next((Feature(one) for one in off if name in ACTS.get(Feature(one), ())), None)
