"""The form of the rules of exercises; the service checks everything again."""

from typing import Any

from django import forms

from training.models import ProficiencyRules
from training.services.rules import FIELDS


class RulesForm(forms.ModelForm[ProficiencyRules]):
    class Meta:
        model = ProficiencyRules
        fields = list(FIELDS)

    def values(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in FIELDS}
