"""One form per operation on a probe; searches.images.edits decides what is possible."""

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.policy_words import Words
from searches.forms import OnceForm
from searches.images.edits import Operation
from searches.models import Probe


class EditForm(OnceForm):
    """`seen` says which picture the person looked at, `operation` which form this is."""

    operation_name: ClassVar[Operation]
    title: ClassVar[Words]

    operation = forms.CharField(widget=forms.HiddenInput)
    seen = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, probe: Probe, data: Any = None) -> None:
        initial = {"operation": str(self.operation_name), "seen": probe.shown_as}
        # Several forms are on one page, and each of their fields needs an id of its own.
        super().__init__(data, initial=initial, auto_id=f"id_{self.operation_name}_%s")

    def parameters(self) -> dict[str, Any]:
        own = set(self.fields) - {"operation", "seen", "submission_key"}
        return {name: self.cleaned_data[name] for name in own}


def _pixels(label: Words, least: int) -> forms.IntegerField:
    return forms.IntegerField(label=label, min_value=least)


def _hundredths(label: Words) -> forms.IntegerField:
    return forms.IntegerField(label=label, min_value=-100, max_value=100, initial=0)


class CropForm(EditForm):
    operation_name = Operation.CROP
    title = _("Crop")

    left = _pixels(_("From the left, in pixels"), 0)
    top = _pixels(_("From the top, in pixels"), 0)
    width = _pixels(_("Width, in pixels"), 16)
    height = _pixels(_("Height, in pixels"), 16)


class RotateForm(EditForm):
    operation_name = Operation.ROTATE
    title = _("Rotate")

    degrees = forms.FloatField(
        label=_("Degrees"),
        min_value=-180,
        max_value=180,
        step_size=0.1,
        help_text=_("Clockwise; with a minus sign the other way. The new corners become grey."),
    )


class LightForm(EditForm):
    operation_name = Operation.BRIGHTNESS_CONTRAST
    title = _("Brightness and contrast")

    brightness = _hundredths(_("Brightness"))
    contrast = _hundredths(_("Contrast"))


class DeinterlaceForm(EditForm):
    operation_name = Operation.DEINTERLACE
    title = _("Deinterlace")

    lines = forms.ChoiceField(
        label=_("Keep"),
        choices=[("odd", _("Odd lines")), ("even", _("Even lines"))],
        help_text=_("For frames of old video with comb-like edges. Half of the lines are kept."),
    )


class ScaleForm(EditForm):
    operation_name = Operation.SCALE
    title = pgettext_lazy("edit of a picture", "Scale")

    factor = forms.FloatField(
        label=_("Factor"),
        min_value=0.25,
        max_value=4,
        help_text=_("0.25 to 4. Enlarging adds no detail; it can help to find a small face."),
    )


FORMS: tuple[type[EditForm], ...] = (CropForm, LightForm, RotateForm, DeinterlaceForm, ScaleForm)


def edit_forms(probe: Probe, sent: EditForm | None = None) -> list[EditForm]:
    """A form for every operation; one that was sent and refused takes the place of its kind."""
    return [sent if type(sent) is kind and sent else kind(probe) for kind in FORMS]


def form_for(operation: str, probe: Probe, data: Any) -> EditForm | None:
    """The form that was sent, or None when there is no such operation."""
    kinds = (kind for kind in FORMS if kind.operation_name == operation)
    return next((kind(probe, data) for kind in kinds), None)
