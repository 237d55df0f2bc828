"""The filters over a gallery's subjects, as a form that pages and files share."""

from typing import Any, cast

from django import forms
from django.db import models
from django.utils.translation import gettext_lazy as _

from searches.models import Gallery, SourceRegister


class Sort(models.TextChoices):
    NEWEST = "newest", _("Enrolled last")
    EXPIRY = "expiry", _("Expires first")
    IMAGES = "images", _("Most images")


class HowMany(models.TextChoices):
    NONE = "none", _("None")
    ONE = "one", _("One")
    SEVERAL = "several", _("Two or more")
    MANY = "many", _("Five or more")


def _day(label: Any, **more: Any) -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"})
    return forms.DateField(label=label, required=False, widget=widget, **more)


class SubjectFilter(forms.Form):
    """All of it is optional. The conditions about images have to hold for one and the same."""

    q = forms.CharField(label=_("Reference, as a whole"), required=False, max_length=120)
    register: "forms.ModelChoiceField[SourceRegister]" = forms.ModelChoiceField(
        queryset=None, label=_("Source register"), required=False, empty_label=_("All")
    )
    images = forms.ChoiceField(
        label=_("Number of images"), required=False, choices=[("", _("Any")), *HowMany.choices]
    )
    expires_before = _day(_("Expires before"))
    enrolled_from = _day(_("Enrolled from"))
    enrolled_to = _day(_("Enrolled until"))
    sort = forms.ChoiceField(label=_("Sort by"), required=False, choices=Sort.choices)
    after = forms.UUIDField(required=False, widget=forms.HiddenInput)
    before = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def __init__(self, gallery: Gallery, data: Any) -> None:
        super().__init__(data)
        choice = cast("forms.ModelChoiceField[SourceRegister]", self.fields["register"])
        choice.queryset = SourceRegister.objects.filter(
            galleries__gallery=gallery, galleries__removed_at=None
        )

    def given(self) -> list[str]:
        """The names of the filters that are set, which is all that the record has of them."""
        where = ("after", "before", "sort")
        return [name for name, value in self.cleaned_data.items() if value and name not in where]
