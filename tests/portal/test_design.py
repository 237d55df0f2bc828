"""The page of components: there for developers alone, and showing every colour there is."""

import re
from pathlib import Path
from typing import Any

from django.conf import settings as django_settings
from django.test import Client

from portal.design import COLOURS, MEANINGS

CSS = Path(django_settings.BASE_DIR) / "portal/static/portal/candor.css"
OF_A_MEANING = re.compile(r"-(ink|strong|soft)$")


def test_it_is_there_with_debugging_alone(client: Client, settings: Any) -> None:
    assert client.get("/design/").status_code == 404
    settings.DEBUG = True
    page = client.get("/design/").content.decode()
    assert "Nothing was saved. Correct what is marked below." in page
    assert page.count("field-wrong") == 2


def test_every_colour_of_the_style_sheet_is_shown() -> None:
    named = set(re.findall(r"^  --([a-z-]+): #", CSS.read_text(), re.MULTILINE))
    plain = {OF_A_MEANING.sub("", name) for name in named}
    assert plain - {"focus"} == {*COLOURS, *MEANINGS}
