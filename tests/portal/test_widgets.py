"""The quick select writes what Django's own writes."""

from html.parser import HTMLParser

import pytest
from django import forms

from portal.widgets import LongSelect

CHOICES = [
    ("", "All"),
    ("a", "Plain"),
    ("<b>", '"Quoted" & <script>alert(1)</script>'),
    ("Group <1>", [("c", "In a group"), ("d", "L’autre")]),
]


class Parts(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.parts: list[object] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        # Django writes selected, this too; both without a value.
        self.parts.append((tag, sorted((name, value or "") for name, value in attrs)))

    def handle_endtag(self, tag: str) -> None:
        self.parts.append(tag)

    def handle_data(self, data: str) -> None:
        self.parts += [data.strip()] if data.strip() else []


@pytest.mark.parametrize("chosen", ["", "a", "<b>", "c", "nothing of it"])
@pytest.mark.parametrize("required", [True, False])
def test_it_writes_what_django_writes(chosen: str, required: bool) -> None:
    written = []
    for widget in (forms.Select, LongSelect):

        class Form(forms.Form):
            act = forms.ChoiceField(choices=CHOICES, required=required, widget=widget)

        form = Form({"act": chosen})
        form.is_valid()
        written.append(Parts(str(form["act"])).parts)
    assert written[0] == written[1]
    assert len(written[0]) > 10
