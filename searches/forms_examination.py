"""The decision about one face: a checklist, a comment and a disposition."""

from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.utils.translation import gettext_lazy as _

from searches.features import Comparison, Feature
from searches.models import Disposition, ExaminationItem


class DecisionForm(forms.Form):
    """Whatever was sent goes on to the service, which says with a code what is wrong with it."""

    comment = forms.CharField(
        label=_("Comment"), required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    disposition = forms.CharField(
        label=_("Decision"),
        required=False,
        widget=forms.RadioSelect(choices=Disposition.choices),
    )

    def __init__(self, item: ExaminationItem, data: Any = None) -> None:
        saved = {"comment": item.comment, "disposition": item.disposition}
        super().__init__(data, initial=item.features | saved)
        for feature in Feature:
            self.fields[feature.value] = forms.CharField(
                label=feature.label,
                required=False,
                widget=forms.RadioSelect(choices=Comparison.choices),
            )

    @property
    def checklist(self) -> list[BoundField]:
        return [self[name] for name in Feature.values]

    def decision(self) -> dict[str, Any]:
        """The cleaned values as `decide` takes them."""
        return {
            "disposition": self.cleaned_data["disposition"],
            "features": {name: self.cleaned_data[name] for name in Feature.values},
            "comment": self.cleaned_data["comment"],
        }
