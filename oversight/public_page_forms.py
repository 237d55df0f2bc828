"""The form of the public page: each text in each language."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from oversight.models import PublicPage
from oversight.models.public_page import LANGUAGES, MOST_TEXT, TEXTS

# Label, help and rows of each; the texts are lazy.
LABELS: dict[str, tuple[Any, Any, int]] = {
    "policy": (
        _("What your agency does with face search"),
        _("For what it searches, who decides, what a result means, who checks it."),
        8,
    ),
    "legal_basis": (_("Legal basis"), _("The laws it is done under."), 4),
    "retention": (_("How long data are kept"), _("In words that everybody understands."), 4),
    "contact": (_("Contact"), _("E-mail or telephone for questions."), 2),
    "postal_address": (_("Postal address"), _("It stands on letters too."), 4),
    "protection_officer": (_("Data protection officer"), _("Name or office, and address."), 3),
    "authority": (_("Supervisory authority"), _("Where people can complain."), 3),
}


class PublicPageForm(forms.Form):
    """Plain text: an empty line divides paragraphs, and nothing else is made of it."""

    seen = forms.IntegerField(min_value=0, widget=forms.HiddenInput)

    def __init__(self, page: PublicPage | None, data: Any = None) -> None:
        initial: dict[str, Any] = {"seen": page.number if page else 0}
        for language in LANGUAGES:
            for name in TEXTS:
                initial[f"{language}_{name}"] = (
                    page.texts.get(language, {}).get(name) if page else ""
                )
        super().__init__(data, initial=initial)
        for language in LANGUAGES:
            for name in TEXTS:
                label, help_text, rows = LABELS[name]
                self.fields[f"{language}_{name}"] = forms.CharField(
                    label=label,
                    help_text=help_text,
                    required=False,
                    max_length=MOST_TEXT,
                    widget=forms.Textarea(attrs={"rows": rows, "lang": language}),
                )

    def english(self) -> Iterator[Any]:
        return (self[f"en_{name}"] for name in TEXTS)

    def french(self) -> Iterator[Any]:
        return (self[f"fr_{name}"] for name in TEXTS)

    def texts(self) -> dict[str, dict[str, str]]:
        return {
            language: {name: self.cleaned_data[f"{language}_{name}"] for name in TEXTS}
            for language in LANGUAGES
        }
