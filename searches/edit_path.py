"""How the current picture of a probe came to be, step by step, in words: for pages and reports."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from searches.images.edits import Operation
from searches.models import Probe, ProbeEdit
from searches.models.probe_edit import OPERATION_LABELS


@dataclass(frozen=True, slots=True)
class Step:
    """One step; a quarter turn loses no pixel and so makes no file, and has no hashes."""

    title: str
    details: str
    parent_sha256: str = ""
    sha256: str = ""
    made_by: str = ""
    made_at: datetime | None = None


def edits_of(probe: Probe) -> list[Step]:
    """The steps from the upload to the picture that is shown, analysed and searched.

    Edits that were undone are not among them; they stay in `probe.edits`.
    """
    steps: list[Step] = []
    for edit in _path(probe):
        steps += _turns(edit.quarter_turns)
        steps.append(_step(edit))
    return steps + _turns(probe.quarter_turns)


def _path(probe: Probe) -> list[ProbeEdit]:
    if probe.current_edit_id is None:
        return []
    made = {edit.pk: edit for edit in probe.edits.all()}
    path = [made[probe.current_edit_id]]
    while path[-1].parent_id is not None:
        path.append(made[path[-1].parent_id])
    return path[::-1]


def _turns(quarter_turns: int) -> list[Step]:
    if not quarter_turns:
        return []
    text = ngettext("%(n)s quarter turn clockwise", "%(n)s quarter turns clockwise", quarter_turns)
    return [Step(_("Turned upright"), text % {"n": quarter_turns})]


def _step(edit: ProbeEdit) -> Step:
    operation = Operation(edit.operation)
    return Step(
        title=str(OPERATION_LABELS[operation]),
        details=_DETAILS[operation](edit),
        parent_sha256=edit.parent_sha256,
        sha256=edit.result_sha256,
        made_by=edit.made_by_label,
        made_at=edit.made_at,
    )


def _cropped(edit: ProbeEdit) -> str:
    text = _("%(width)s × %(height)s pixels from %(left)s pixels right, %(top)s pixels down")
    values: dict[str, int] = edit.parameters
    return text % values


def _rotated(edit: ProbeEdit) -> str:
    degrees = edit.parameters["degrees"]
    text = _("%(degrees)s° clockwise") if degrees > 0 else _("%(degrees)s° anticlockwise")
    return text % {"degrees": f"{abs(degrees):g}"}


def _lit(edit: ProbeEdit) -> str:
    values = {name: f"{value:+d}" if value else "0" for name, value in edit.parameters.items()}
    return _("brightness %(brightness)s, contrast %(contrast)s") % values


def _deinterlaced(edit: ProbeEdit) -> str:
    odd = _("odd lines kept, the even ones interpolated")
    even = _("even lines kept, the odd ones interpolated")
    return odd if edit.parameters["lines"] == "odd" else even


def _scaled(edit: ProbeEdit) -> str:
    values: dict[str, Any] = {"width": edit.width, "height": edit.height}
    values["factor"] = f"{edit.parameters['factor']:g}"
    return _("factor %(factor)s, to %(width)s × %(height)s pixels") % values


_DETAILS: dict[Operation, Callable[[ProbeEdit], str]] = {
    Operation.CROP: _cropped,
    Operation.ROTATE: _rotated,
    Operation.BRIGHTNESS_CONTRAST: _lit,
    Operation.DEINTERLACE: _deinterlaced,
    Operation.SCALE: _scaled,
}
