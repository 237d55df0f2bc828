"""Form widgets that Django has no quick way of writing."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.forms.utils import flatatt
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString


class LongSelect(forms.Select):
    """A select of many options: Django renders a template for each, which takes most of a page.

    tests/portal/test_widgets.py holds it to what Django writes.
    """

    def render(
        self, name: str, value: Any, attrs: Mapping[str, Any] | None = None, renderer: Any = None
    ) -> SafeString:
        widget = self.get_context(name, value, dict(attrs or {}))["widget"]
        groups = ((_group(label, options),) for label, options, _number in widget["optgroups"])
        own = flatatt({"name": widget["name"], **widget["attrs"]})
        return format_html("<select{}>{}</select>", own, format_html_join("", "{}", groups))


def _group(label: str | None, options: Sequence[Mapping[str, Any]]) -> SafeString:
    shown = format_html_join(
        "",
        '<option value="{}"{}>{}</option>',
        ((str(one["value"]), flatatt(one["attrs"]), one["label"]) for one in options),
    )
    return format_html('<optgroup label="{}">{}</optgroup>', label, shown) if label else shown
