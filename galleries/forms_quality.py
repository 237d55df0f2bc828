"""Forms of the review queue and of the quality settings."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from galleries.models import ReviewDecision
from searches.models import DuplicateCheck, Gallery
from searches.quality_advice import MEASURES, Limit, Measure, limits_of

LONGEST_REASON = 2000


class DecisionForm(forms.Form):
    decision = forms.ChoiceField(
        label=_("Decision"),
        choices=ReviewDecision.choices,
        error_messages={"required": _("Choose a decision.")},
    )
    reason = forms.CharField(
        label=_("Reason"),
        required=False,
        max_length=LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class QualityForm(forms.Form):
    duplicate_check = forms.ChoiceField(
        label=_("Hold a new picture from this similarity on"),
        choices=DuplicateCheck.choices,
        widget=forms.Select,
    )
    duplicate_similarity = forms.FloatField(
        label=_("Similarity of our own"),
        required=False,
        min_value=-1,
        max_value=1,
        help_text=_("On the scale of the engine that is named above. Higher holds fewer pictures."),
        widget=forms.NumberInput(attrs={"step": "any"}),
    )

    def __init__(self, gallery: Gallery, *args: Any, **kwargs: Any) -> None:
        now = {
            "duplicate_check": gallery.duplicate_check,
            "duplicate_similarity": gallery.duplicate_similarity,
        }
        limits = limits_of(gallery)
        for measure in MEASURES:
            limit = limits[measure.name]
            now |= {f"{measure.name}_least": limit.least, f"{measure.name}_most": limit.most}
        kwargs["initial"] = now
        super().__init__(*args, **kwargs)
        for measure in MEASURES:
            for side in ("least", "most"):
                self.fields[f"{measure.name}_{side}"] = forms.FloatField(
                    label=str(measure.label),
                    required=False,
                    widget=forms.NumberInput(attrs={"step": "any"}),
                )

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        for measure in MEASURES:
            least, most = values.get(f"{measure.name}_least"), values.get(f"{measure.name}_most")
            if least is not None and most is not None and least > most:
                self.add_error(f"{measure.name}_most", _("The least is above the most."))
        return values

    def limits(self) -> dict[str, Limit]:
        values = self.cleaned_data
        return {
            measure.name: Limit(values[f"{measure.name}_least"], values[f"{measure.name}_most"])
            for measure in MEASURES
        }

    def rows(self) -> list[tuple[Measure, forms.BoundField, forms.BoundField]]:
        """A measure with the fields of its limits."""
        return [
            (measure, self[f"{measure.name}_least"], self[f"{measure.name}_most"])
            for measure in MEASURES
        ]
