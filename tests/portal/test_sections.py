"""The section of the main navigation that a page belongs to."""

import re
from uuid import uuid4

import pytest
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.urls import resolve, reverse

SECTIONS = {
    "home": "Home",
    "work": "My work",
    "examination": "My work",
    "search_new": "Searches",
    "search": "Searches",
    "case": "Cases",
    "probe": "Cases",
    "gallery": "Galleries",
    "gallery_reviews": "Galleries",
    "subject": "Galleries",
    "record": "Oversight",
    "member": "People",
    "usage": None,
}
IDS: dict[str, list[object]] = {
    **{
        name: [uuid4()] for name in ("examination", "search", "case", "probe", "gallery", "subject")
    },
    "member": [7],
}
RIGHTS = ["search", "view_cases", "view_galleries", "view_record", "view_people"]


@pytest.mark.parametrize(("name", "section"), SECTIONS.items())
def test_a_page_belongs_to_one_section_at_most(name: str, section: str | None) -> None:
    address = reverse(name, args=IDS.get(name, []))
    request = RequestFactory().get(address)
    request.resolver_match = resolve(address)
    context = {"agency": {"name": "Alder"}, "can": RIGHTS, "request": request}
    page = render_to_string("portal/_header.html", context)
    sections = page[page.index('class="sections"') : page.index("</nav>")]
    marked = re.findall(r'aria-current="\w+">([^<]+)</a>', sections)
    assert marked == ([section] if section else [])
