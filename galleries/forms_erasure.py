"""The form of an erasure: why, and a word that shows that it was read what will happen."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from galleries.models import ErasureCause
from searches.forms import OnceForm

# What a person may give; the others belong to the retention and to reviews.
GIVEN = [
    ErasureCause.DEMAND,
    ErasureCause.ORDER,
    ErasureCause.UNLAWFUL,
    ErasureCause.ERROR,
    ErasureCause.ENDED,
]


class ErasureForm(OnceForm):
    cause = forms.ChoiceField(
        label=_("Cause"),
        choices=[("", _("Choose")), *[(cause.value, cause.label) for cause in GIVEN]],
    )
    reason = forms.CharField(
        label=_("Reason"),
        min_length=10,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_(
            "Stored so that only your agency can read it. The receipt does not contain it."
        ),
    )
    confirmed = forms.CharField(
        label=_("To confirm"),
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def __init__(self, word: str, *args: Any, **kwargs: Any) -> None:
        """`word` has to be written as it is shown."""
        super().__init__(*args, **kwargs)
        self._word = word
        asked = _("Write “%(word)s”. What is erased cannot be brought back.")
        self.fields["confirmed"].help_text = asked % {"word": word}

    def clean_confirmed(self) -> str:
        written: str = self.cleaned_data["confirmed"].strip()
        if written != self._word:
            raise forms.ValidationError(_("This is not what was asked for."), code="not_confirmed")
        return written
