"""Forms of a gallery's measurements and of its threshold."""

from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from galleries.score_page import sources_for
from searches.models import Gallery


class MeasureForm(forms.Form):
    source: "forms.ModelChoiceField[Gallery]" = forms.ModelChoiceField(
        label=_("Whose faces are searched for"),
        queryset=None,
        required=False,
        empty_label=_("People of this gallery"),
        help_text=_(
            "Another gallery must hold nobody who is in this one: synthetic people, or people who"
            " consented."
        ),
    )
    submission_key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, gallery: Gallery, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice = cast("forms.ModelChoiceField[Gallery]", self.fields["source"])
        choice.queryset = sources_for(gallery)


class ThresholdForm(forms.Form):
    one_in = forms.IntegerField(
        label=_("At most one in so many searches of strangers may bring a candidate"),
        required=False,
        min_value=2,
        max_value=10_000,
        help_text=_("2 to 10,000; for example 1,000. Empty: no threshold."),
    )

    @property
    def rate(self) -> float | None:
        """The share 0..1; None: no threshold."""
        one_in: int | None = self.cleaned_data["one_in"]
        return None if one_in is None else 1 / one_in
