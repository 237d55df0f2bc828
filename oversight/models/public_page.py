"""What an agency tells the public: versions that are added and never changed."""

from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from portal.tenancy import TenantModel

LANGUAGES = ("en", "fr")
# In the order of the page; plain text, each optional in each language.
TEXTS = (
    "policy",
    "legal_basis",
    "retention",
    "contact",
    "postal_address",
    "protection_officer",
    "authority",
)
MOST_TEXT = 8000


class PublicPage(TenantModel):
    """One version; the latest counts, and without one the agency has no page.

    `texts` is {"en": {name: text}, "fr": {...}} with the names of TEXTS.
    """

    number = models.PositiveIntegerField(_("version"))
    is_open = models.BooleanField(default=False)
    texts = models.JSONField(default=dict)
    made_by_id = models.BigIntegerField(null=True, editable=False)
    made_by_label = models.CharField(max_length=254, editable=False)
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("public page")
        verbose_name_plural = _("public pages")
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["agency_id", "number"], name="public_page_once"),
            models.CheckConstraint(
                condition=models.Q(number__gte=1), name="public_page_versions_count_up"
            ),
        ]

    def __str__(self) -> str:
        return f"version {self.number}"

    def text(self, name: str, language: str = "") -> str:
        """A text in a language (the current one), else in the other; "" for none."""
        wanted = language or (get_language() or LANGUAGES[0])[:2]
        order = (wanted, *(one for one in LANGUAGES if one != wanted))
        found = (str(self.texts.get(one, {}).get(name, "")) for one in order)
        return next((text for text in found if text), "")
